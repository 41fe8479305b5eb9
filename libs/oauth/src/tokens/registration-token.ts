import type { Random } from "../context/index.ts";
import { SECRET_BYTES, seal, unseal } from "./artefact.ts";
import type { MintedSecret } from "./code.ts";
import { sha256 } from "./hashes.ts";

const STREAM_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A registration access token (RFC 7592): `gl_rat_{clientStreamId}.{secret}{crc}`. */
export function mintRegistrationToken(random: Random, clientStreamId: string): MintedSecret {
  const secret = random.token(SECRET_BYTES);
  return { value: seal("registration", clientStreamId, secret), hash: sha256(secret) };
}

/** The client it manages and the hash to compare. Undefined when it is no registration token of ours. */
export function parseRegistrationToken(value: string): { readonly clientStreamId: string; readonly hash: string } | undefined {
  const parts = unseal("registration", value);
  return parts !== undefined && STREAM_ID.test(parts.locator) ? { clientStreamId: parts.locator, hash: sha256(parts.secret) } : undefined;
}
