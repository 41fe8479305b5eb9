import { z } from "zod";
import { duration, list, text } from "../kinds.ts";

const DAY = 86_400;

/** Signing keys and the key that encrypts them. */
export const keys = z.strictObject({
  kek: text(z.string().min(16).max(4096).optional(), {
    env: "GRANTLINE_KEK",
    secret: true,
    allowed: "32 bytes in base64 or base64url, or a passphrase of at least 16 characters",
    defaultText: "outside production a key file in the data folder; in production there is none and it must be set",
    doc: "Key-encryption key: everything secret in the data folder is encrypted under it. Keep a copy elsewhere: without it the data folder's keys are lost.",
  }),
  kekPrevious: text(z.string().min(16).max(4096).optional(), {
    env: "GRANTLINE_KEK_PREVIOUS",
    secret: true,
    allowed: "as GRANTLINE_KEK",
    defaultText: "none",
    doc: "Key-encryption key used so far, accepted beside GRANTLINE_KEK while `grantline keys rewrap` changes from the one to the other. Keys in PostgreSQL only.",
  }),
  signingAlgs: list(z.enum(["ES256", "EdDSA", "RS256"]), ["ES256", "EdDSA", "RS256"], {
    env: "GRANTLINE_SIGNING_ALGS",
    allowed: "a list out of ES256, EdDSA and RS256",
    doc: "Algorithms to keep a signing key for; the first is the default one. OpenID Connect clients expect RS256 to be among them.",
  }),
  rotation: duration(
    { min: 3600, max: 800 * DAY, default: 30 * DAY },
    {
      env: "GRANTLINE_KEY_ROTATION",
      doc: "How long a signing key signs before its successor takes over.",
    },
  ),
  publishAhead: duration(
    { min: 0, max: 30 * DAY, default: DAY },
    {
      env: "GRANTLINE_KEY_PUBLISH_AHEAD",
      doc: "How long before it takes over a new key is already in the JWKS, so that validators have it in time.",
    },
  ),
  retireOverlap: duration(
    { min: 60, max: 90 * DAY, default: 3600 },
    {
      env: "GRANTLINE_KEY_RETIRE_OVERLAP",
      doc: "How much longer than the longest-lived token a replaced key stays in the JWKS.",
    },
  ),
});
