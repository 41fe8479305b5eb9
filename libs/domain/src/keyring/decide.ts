import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import { findKey } from "./evolve.ts";
import type { KeyringCommand, KeyringEvent, KeyringOutcome, KeyringState, SigningKey } from "./types.ts";

type Of<K extends KeyringCommand["kind"]> = Extract<KeyringCommand, { kind: K }>;
type Decided = Decision<KeyringEvent, KeyringOutcome>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

/** What a command leads to on the keyring: created → published → active → retired → removed, or compromised from anywhere. Pure. */
export function decideKeyring(command: KeyringCommand, state: KeyringState): Decided {
  const key = findKey(state, command.kid);
  if (command.kind === "create") return create(command, key);
  if (!key) return refuse("key-unknown");
  switch (command.kind) {
    case "publish":
      return publish(key);
    case "activate":
      return activate(command, key, state);
    case "remove":
      return remove(command, key);
    case "compromise":
      // A removed key may be found out late; what it signed must still not be trusted
      return key.status === "compromised"
        ? UNCHANGED
        : done({ type: "SigningKeyCompromised", data: { kid: key.kid, reason: command.reason } });
    default:
      return exhausted(command, refuse("key-unknown"));
  }
}

function refuse(reason: Extract<KeyringOutcome, { kind: "refused" }>["reason"]): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function done(...events: readonly KeyringEvent[]): Decided {
  return { events, outcome: { kind: "done" } };
}

function create({ kid, alg, publicJwk }: Of<"create">, existing: SigningKey | undefined): Decided {
  return existing ? refuse("key-exists") : done({ type: "SigningKeyCreated", data: { kid, alg, publicJwk } });
}

function publish({ kid, status }: SigningKey): Decided {
  if (status === "compromised") return refuse("key-compromised");
  if (status === "removed") return refuse("key-unknown");
  return status === "created" ? done({ type: "SigningKeyPublished", data: { kid } }) : UNCHANGED;
}

function activate({ previousRemoveAfter }: Of<"activate">, { kid, alg, status }: SigningKey, state: KeyringState): Decided {
  if (status === "active") return UNCHANGED;
  if (status === "compromised") return refuse("key-compromised");
  // Validators must have had the chance to fetch a key before it signs; one that signed before does not come back
  if (status !== "published") return refuse("key-not-published");
  const previous = Object.values(state.keys).filter((key) => key.alg === alg && key.status === "active");
  const retired = previous.map((key): KeyringEvent => ({
    type: "SigningKeyRetired",
    data: { kid: key.kid, removeAfter: previousRemoveAfter },
  }));
  return done(...retired, { type: "SigningKeyActivated", data: { kid } });
}

function remove({ now }: Of<"remove">, { kid, status, removeAfter }: SigningKey): Decided {
  if (status === "removed") return UNCHANGED;
  if (status === "active") return refuse("key-still-active");
  // The mark stays, or tokens of the key could be taken for merely old ones
  if (status === "compromised") return refuse("key-compromised");
  // Tokens a retired key signed may still be alive: their validators need it
  if (removeAfter !== undefined && removeAfter > now) return refuse("key-not-due");
  return done({ type: "SigningKeyRemoved", data: { kid } });
}
