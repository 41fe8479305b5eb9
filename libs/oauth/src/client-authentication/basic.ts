/** One way to read the header's text. */
export interface BasicReading {
  readonly clientId: string;
  readonly secret: string;
}

const LONGEST = 8192;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const UTF8 = new TextDecoder("utf-8", { fatal: true });
// RFC 7617 §2: no control characters in id or secret
const CONTROL = /\p{Cc}/u;

/**
 * Readings of an `Authorization: Basic` header, most likely first: as sent (what most clients do, against the letter) and
 * form-decoded (RFC 6749 §2.3.1). Undefined when it is malformed.
 */
export function readBasic(header: string): readonly BasicReading[] | undefined {
  const match = /^basic ([^ ]+)$/i.exec(header);
  const encoded = match?.[1];
  if (encoded === undefined || header.length > LONGEST || !BASE64.test(encoded)) return undefined;
  const text = decodeUtf8(Buffer.from(encoded, "base64"));
  if (text === undefined || CONTROL.test(text)) return undefined;
  const raw = split(text);
  if (raw === undefined) return undefined;
  const clientId = formDecode(raw.clientId);
  const secret = formDecode(raw.secret);
  if (clientId === undefined || secret === undefined || (clientId === raw.clientId && secret === raw.secret)) return [raw];
  return [raw, { clientId, secret }];
}

/** An id that is a URL has colons of its own and our secrets have none, so there the last colon parts the two. */
function split(text: string): BasicReading | undefined {
  const colon = /^https?:\/\//i.test(text) ? text.lastIndexOf(":") : text.indexOf(":");
  if (colon < 1) return undefined;
  return { clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    // not UTF-8: a malformed header, which the caller answers
    return undefined;
  }
}

function formDecode(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // a raw secret may hold a lone percent sign: then there is only the raw reading
    return undefined;
  }
}
