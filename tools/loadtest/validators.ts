// Run by loadtest.ts as a process of its own: so many validators on the revocation feed of one resource, and a revocation twice a second that all of them must hear of.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { basic, postForm } from "@grantline/testing";
import { createRevocationFollower, type RevocationFollower } from "@grantline/validators/client";
import type { World } from "../../loadtest/world.types.ts";

/** What was seen until the parent said stop. Milliseconds from a revocation's answer to a validator; told before the answer counts as 0. */
export interface Heard {
  readonly validators: number;
  readonly revocations: number;
  readonly p50: number;
  readonly p99: number;
  /** Pairs of validator and revocation that had not met after five seconds. */
  readonly missed: number;
}

const AT_ONCE = 50;
const PATIENCE_MS = 5_000;
const EVERY_MS = 500;

const [file = "", count = "0"] = process.argv.slice(2);
const world = JSON.parse(readFileSync(file, "utf8")) as World;
const { issuer, jwtResource, machine } = world;
const authorization = basic(machine.client_id, machine.client_secret);
const times = new Map<string, number[]>();
const delays: number[] = [];
let [revocations, missed, over] = [0, 0, false];

process.on("message", () => (over = true));

function follow(): RevocationFollower {
  return createRevocationFollower({
    url: `${issuer}/v1/revocations`,
    credentials: { clientId: jwtResource.client_id, clientSecret: jwtResource.client_secret },
    resources: [jwtResource.uri],
    onChange: ({ id }) => times.get(id)?.push(performance.now()),
  });
}

async function connect(lines: number): Promise<readonly RevocationFollower[]> {
  const followers: RevocationFollower[] = [];
  while (followers.length < lines) {
    const some = Array.from({ length: Math.min(AT_ONCE, lines - followers.length) }, follow);
    while (some.some((follower) => follower.position() === undefined)) await pause(20);
    followers.push(...some);
  }
  return followers;
}

async function probe(lines: number): Promise<void> {
  const answer = await postForm(
    `${issuer}/token`,
    { grant_type: "client_credentials", scope: "read", resource: jwtResource.uri },
    { authorization },
  );
  const { access_token } = (await answer.json()) as { readonly access_token: string };
  const { jti } = JSON.parse(Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString()) as { readonly jti: string };
  const heard: number[] = [];
  times.set(jti, heard);
  const revoked = await postForm(`${issuer}/revoke`, { token: access_token }, { authorization });
  if (!revoked.ok) throw new Error(`a revocation was answered ${revoked.status}`);
  const answeredMs = performance.now();
  while (heard.length < lines && performance.now() - answeredMs < PATIENCE_MS) await pause(5);
  for (const time of heard) delays.push(Math.max(0, time - answeredMs));
  revocations += 1;
  missed += lines - heard.length;
  times.delete(jti);
}

const followers = await connect(Number(count));
process.send?.("ready");
while (!over) {
  await probe(followers.length);
  await pause(EVERY_MS);
}
delays.sort((a, b) => a - b);
const quantile = (part: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? 0;
const result: Heard = { validators: followers.length, revocations, p50: quantile(0.5), p99: quantile(0.99), missed };
process.send?.(result, undefined, undefined, () => process.exit(0));
