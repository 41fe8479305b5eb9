import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { PasswordIdentity, Person } from "./port.ts";

export interface DevUser {
  readonly username: string;
  readonly password: string;
  readonly groups?: readonly string[] | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

interface Entry {
  readonly salt: Buffer;
  readonly hash: Promise<Buffer>;
  readonly person?: Person;
}

const KEY_BYTES = 32;
/** 16 MB and some 40 ms for each try. */
const COST = { N: 16_384, r: 8, p: 1 };
/** Longer than any password, short enough not to be a burden. */
const LONGEST = 1024;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/**
 * Users from the settings, for development. `issuer` becomes their `iss`. The passwords themselves are not kept.
 * A wrong password and an unknown name cost the same work and give the same answer.
 */
export function createDevUsers(users: readonly DevUser[], issuer: string): PasswordIdentity {
  const entries = new Map(users.map((user) => [canonical(user.username), entryOf(user, issuer)]));
  const nobody = makeEntry(randomBytes(24).toString("base64url"));
  return {
    async verify(username, password) {
      const entry = entries.get(canonical(username)) ?? nobody;
      const [expected, presented] = await Promise.all([entry.hash, hashOf(password, entry.salt)]);
      return timingSafeEqual(expected, presented) && password.length <= LONGEST ? entry.person : undefined;
    },
  };
}

function entryOf(user: DevUser, issuer: string): Entry {
  const name = canonical(user.username);
  const person: Person = {
    iss: issuer,
    sub: name,
    claims: { preferred_username: name, name, ...user.claims },
    groups: user.groups ?? [],
    // RFC 8176 §2: the one method there is here
    amr: ["pwd"],
  };
  return { ...makeEntry(user.password), person };
}

function makeEntry(password: string): Entry {
  const salt = randomBytes(16);
  const hash = hashOf(password, salt);
  // A failure is told to whoever verifies; until then nobody listens.
  hash.catch(() => undefined);
  return { salt, hash };
}

/** RFC 8265 §4.2: passwords are compared in NFC, as keyboards differ in how they write ü. */
function hashOf(password: string, salt: Buffer): Promise<Buffer> {
  return derive(password.slice(0, LONGEST).normalize("NFC"), salt, KEY_BYTES, COST);
}

function canonical(username: string): string {
  return username.normalize("NFC").trim();
}
