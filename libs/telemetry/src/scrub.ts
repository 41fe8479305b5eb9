/** Names of fields whose value is a secret or identifies a person, without case and punctuation. */
const SECRET_NAMES = new Set([
  "authorization",
  "proxyauthorization",
  "cookie",
  "setcookie",
  "password",
  "passphrase",
  "secret",
  "clientsecret",
  "adminsecret",
  "kek",
  "code",
  "codeverifier",
  "token",
  "accesstoken",
  "refreshtoken",
  "idtoken",
  "idtokenhint",
  "registrationaccesstoken",
  "initialaccesstoken",
  "assertion",
  "clientassertion",
  "subjecttoken",
  "actortoken",
  "requesturi",
  "csrf",
  "privatekey",
  "dpop",
  "email",
  "phonenumber",
]);

const HIDDEN = "[redacted]";
const DEEPEST = 6;
const MOST_MEMBERS = 100;

/** Secrets by their looks, wherever they stand: our tokens, JWTs, credentials in headers, parameters of forms and URLs. */
const SECRET_LOOKS: readonly (readonly [RegExp, string])[] = [
  [/\bgl_(at|rt|ac|dc|rat)_[A-Za-z0-9_.-]+/g, "gl_$1_[redacted]"],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*/g, "[redacted jwt]"],
  [/\b(Bearer|Basic|DPoP)(\s+)[A-Za-z0-9._~+/=-]{6,}/gi, "$1$2[redacted]"],
  [
    /\b(code|code_verifier|access_token|refresh_token|id_token|id_token_hint|token|client_secret|client_assertion|assertion|password|request_uri)=[^&\s"'\\]+/gi,
    "$1=[redacted]",
  ],
];

/** A text, a line of JSON too, with everything in it that looks like a secret struck out. */
export function scrubText(text: string): string {
  return SECRET_LOOKS.reduce((scrubbed, [look, instead]) => scrubbed.replace(look, instead), text);
}

/** A copy of what is to be logged without secrets: by field name, and by looks inside texts. Errors keep name, message and stack. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return scrubText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEEPEST) return "[too deep]";
  if (value instanceof Error) return scrubError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date || value instanceof URL) return scrubText(value instanceof Date ? value.toISOString() : value.href);
  if (Array.isArray(value)) return value.slice(0, MOST_MEMBERS).map((member) => scrub(member, depth + 1));
  return scrubMembers(value, depth);
}

export function scrubMembers(value: object, depth = 0): Record<string, unknown> {
  const members = Object.entries(value).slice(0, MOST_MEMBERS);
  return Object.fromEntries(
    members.map(([name, member]) => [name, isSecretName(name) && member !== undefined ? HIDDEN : scrub(member, depth + 1)]),
  );
}

function scrubError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause, ...members } = {
    ...error,
    name: error.name,
    message: error.message,
    stack: error.stack,
    cause: error.cause,
  };
  return {
    ...scrubMembers(members, depth + 1),
    // An error's own code (ENOENT, invalid_grant) is no authorization code; it is what one searches for.
    ...("code" in error ? { code: scrub(error.code, depth + 1) } : {}),
    type: name,
    message: scrubText(message),
    stack: scrubText(stack ?? ""),
    ...(cause === undefined ? {} : { cause: scrub(cause, depth + 1) }),
  };
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[^a-z]/g, ""));
}
