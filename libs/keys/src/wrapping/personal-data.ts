import { createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { SubjectKeys } from "../port.ts";
import { unwrap, wrap } from "./wrap.ts";

/** A new subject key, wrapped. */
export function newSubjectKey(kek: KeyObject, subject: string): Buffer {
  return wrap(kek, subjectKeyAad(subject), randomBytes(32));
}

/** Undefined when it was altered, or wrapped for another subject or under another key. */
export function openSubjectKey(kek: KeyObject, subject: string, wrapped: Uint8Array): KeyObject | undefined {
  const bytes = unwrap(kek, subjectKeyAad(subject), wrapped);
  return bytes && createSecretKey(bytes);
}

/** A key nobody keeps: what is sealed under it stays closed for good. */
export function lostSubjectKey(): KeyObject {
  return createSecretKey(randomBytes(32));
}

/** Base64url, bound to the subject and to `aad`, the place it is for. */
export function sealPersonalData(key: KeyObject, subject: string, aad: string, plain: string): string {
  return wrap(key, dataAad(subject, aad), Buffer.from(plain)).toString("base64url");
}

/** Undefined when it was altered, or sealed for another subject, place or key. */
export function openPersonalData(key: KeyObject, subject: string, aad: string, sealed: string): string | undefined {
  return unwrap(key, dataAad(subject, aad), Buffer.from(sealed, "base64url"))?.toString();
}

/** The keyed hash that names a person's login stream: without the key nobody can try names against the log. */
export function loginHashWith(key: KeyObject): SubjectKeys["loginHash"] {
  return (iss, sub) => createHmac("sha256", key).update(`${iss.length}:${iss}${sub}`).digest("hex").slice(0, 40);
}

/** What a wrapped subject key is bound to. */
export function subjectKeyAad(subject: string): string {
  return `grantline subject key ${subject}`;
}

function dataAad(subject: string, aad: string): string {
  return `grantline personal data ${subject.length}:${subject}${aad}`;
}
