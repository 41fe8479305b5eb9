import { setTimeout as pause } from "node:timers/promises";
import { createKnownRevocations, type TokenFacts } from "./known-revocations.ts";
import { createEventReader, type ServerSentEvent } from "./server-sent-events.ts";

/** How the validator proves who it is: its resource's own client, or an access token that may follow. */
export type FeedCredentials =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly token: () => string | Promise<string> };

/** One revocation as it was told. */
export interface FollowedRevocation {
  readonly kind: string;
  readonly id: string;
  readonly generation?: number;
  readonly position: string;
}

export interface RevocationFollowerOptions {
  /** `grantline_revocation_feed` of the metadata document. */
  readonly url: string;
  readonly credentials: FeedCredentials;
  /** Resources to follow (RFC 8707 URIs); none: everything, which is for admins. */
  readonly resources?: readonly string[];
  /** Told of each revocation, for caches of one's own. */
  readonly onChange?: (revocation: FollowedRevocation) => void;
  /** Told why the line was lost; it is opened again by itself. */
  readonly onTrouble?: (error: unknown) => void;
  /** Longest life of an access token of this issuer, seconds; default a day. */
  readonly tokenLifetime?: number;
  /** How far clocks of the servers may differ, and how long one may take to issue a token, seconds; default 60. */
  readonly clockSkew?: number;
  /** Most revocations held in memory; default a million. */
  readonly mostRevocations?: number;
}

/** What this process knows of revocations, and how well. */
export interface RevocationFollower {
  /** True when it may have missed something of the last second: ask introspection instead. */
  blind(): boolean;
  /** False for a token issued so long ago that it may have been revoked before this follower listened. */
  knows(token: Pick<TokenFacts, "iat">): boolean;
  /** Is the token dead by what has been heard? */
  revoked(token: TokenFacts): boolean;
  /** Milliseconds since everything revoked was surely known. */
  age(): number;
  /** Where the next line begins. */
  position(): string | undefined;
  close(): Promise<void>;
}

/** P5: what is older is not vouched for. */
const BLIND_MS = 1_000;
/** A line on which nothing came for so long is dead; a checkpoint comes every 400 ms. */
const SILENT_MS = 3_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

interface Heard {
  position: string | undefined;
  checkedMs: number;
  /** Everything issued later (epoch seconds) is known of; undefined: not yet. */
  completeSince: number | undefined;
}

/** Follows the revocation feed until closed, over as many lines as it takes. */
export function createRevocationFollower(options: RevocationFollowerOptions): RevocationFollower {
  const { tokenLifetime = 86_400, clockSkew = 60, mostRevocations = 1_000_000, onTrouble = () => undefined } = options;
  const heard: Heard = { position: undefined, checkedMs: Number.NEGATIVE_INFINITY, completeSince: undefined };
  const known = createKnownRevocations({
    tokenLifetime,
    most: mostRevocations / 2,
    onForgotten: () => (heard.completeSince = undefined),
  });
  const closing = new AbortController();
  const hear = (event: ServerSentEvent): void => takeIn(event, heard, known.add, options.onChange);

  const run = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!closing.signal.aborted) {
      const checkedBefore = heard.checkedMs;
      try {
        await listen(options, heard, hear, closing.signal);
      } catch (error) {
        if (!closing.signal.aborted) onTrouble(error);
      }
      pauseMs = heard.checkedMs > checkedBefore ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      await pause(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const done = run();
  const age = (): number => performance.now() - heard.checkedMs;
  return {
    age,
    blind: () => age() > BLIND_MS,
    knows: ({ iat }) => heard.completeSince !== undefined && iat > heard.completeSince + clockSkew,
    revoked: known.revoked,
    position: () => heard.position,
    async close() {
      closing.abort();
      await done;
    },
  };
}

function takeIn(
  { event, data, id }: ServerSentEvent,
  heard: Heard,
  add: (entry: FollowedRevocation) => void,
  onChange: RevocationFollowerOptions["onChange"],
): void {
  if (event === "revocation") {
    const entry = JSON.parse(data) as FollowedRevocation;
    add(entry);
    onChange?.(entry);
  } else if (event === "checkpoint") {
    const { at, behind_ms } = JSON.parse(data) as { readonly at: number; readonly behind_ms: number };
    heard.checkedMs = Math.max(heard.checkedMs, performance.now() - behind_ms);
    heard.completeSince ??= at;
  } else if (event === "reset") {
    heard.completeSince = undefined;
  } else return;
  if (id !== undefined) heard.position = id;
}

/** One line, until it ends. */
async function listen(
  { url, credentials, resources = [] }: RevocationFollowerOptions,
  heard: Heard,
  hear: (event: ServerSentEvent) => void,
  closed: AbortSignal,
): Promise<void> {
  const target = new URL(url);
  for (const resource of resources) target.searchParams.append("resource", resource);
  const silence = new AbortController();
  const silent = setTimeout(() => silence.abort(new Error("nothing was heard on the revocation feed for too long")), SILENT_MS);
  try {
    const response = await fetch(target, {
      headers: {
        accept: "text/event-stream",
        authorization: await authorizationOf(credentials),
        ...(heard.position === undefined ? {} : { "last-event-id": heard.position }),
      },
      // credentials and revocations go to the place that was named and nowhere else
      redirect: "error",
      signal: AbortSignal.any([closed, silence.signal]),
    });
    if (!response.ok || response.body === null) throw new Error(`the revocation feed answered ${response.status}`);
    const read = createEventReader();
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      silent.refresh();
      for (const event of read(piece)) hear(event);
    }
  } finally {
    clearTimeout(silent);
  }
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. */
async function authorizationOf(credentials: FeedCredentials): Promise<string> {
  if ("token" in credentials) return `Bearer ${await credentials.token()}`;
  const pair = `${encodeURIComponent(credentials.clientId)}:${encodeURIComponent(credentials.clientSecret)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}
