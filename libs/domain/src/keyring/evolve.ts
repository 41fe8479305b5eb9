import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { KeyringEvent, KeyringState, SigningKey } from "./types.ts";

/** The keyring after one more event. Total: an event for a key that is not there changes nothing. */
export function evolveKeyring(state: KeyringState, event: Recorded<KeyringEvent>): KeyringState {
  const key = findKey(state, event.data.kid);
  if (event.type === "SigningKeyCreated") return key ? state : withKey(state, { ...event.data, status: "created", createdAt: event.at });
  return key ? withKey(state, evolveKey(key, event)) : state;
}

function evolveKey(key: SigningKey, event: Exclude<Recorded<KeyringEvent>, { type: "SigningKeyCreated" }>): SigningKey {
  switch (event.type) {
    case "SigningKeyPublished":
      return { ...key, status: "published", publishedAt: event.at };
    case "SigningKeyActivated":
      return { ...key, status: "active", activatedAt: event.at };
    case "SigningKeyRetired":
      return { ...key, status: "retired", removeAfter: event.data.removeAfter };
    case "SigningKeyRemoved":
      return { ...key, status: "removed" };
    case "SigningKeyCompromised":
      return { ...key, status: "compromised" };
    default:
      return exhausted(event, key);
  }
}

/** The key of that id; ids are looked up as own members only. */
export function findKey({ keys }: KeyringState, kid: string): SigningKey | undefined {
  return Object.hasOwn(keys, kid) ? keys[kid] : undefined;
}

function withKey({ keys }: KeyringState, key: SigningKey): KeyringState {
  return { keys: { ...keys, [key.kid]: key } };
}
