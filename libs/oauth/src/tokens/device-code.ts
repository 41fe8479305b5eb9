import type { Random } from "../context/index.ts";
import { SECRET_BYTES, seal, unseal } from "./artefact.ts";
import type { MintedSecret } from "./code.ts";
import { sha256 } from "./hashes.ts";
import { isGrantId } from "./locator.ts";

/** A new device code: `gl_dc_{deviceId}.{secret}{crc}`. */
export function mintDeviceCode(random: Random, deviceId: string): MintedSecret {
  const secret = random.token(SECRET_BYTES);
  return { value: seal("device", deviceId, secret), hash: sha256(secret) };
}

/** The device authorization a code points at and the hash to compare. Undefined when it is no device code of ours. */
export function parseDeviceCode(value: string): { readonly deviceId: string; readonly hash: string } | undefined {
  const parts = unseal("device", value);
  // Its id has the shape of a grant id
  return parts !== undefined && isGrantId(parts.locator) ? { deviceId: parts.locator, hash: sha256(parts.secret) } : undefined;
}
