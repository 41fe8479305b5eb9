import { SecretRefused } from "./errors.ts";

/** A checked name: `oauth/{provider}/{server-name}/{token-type}`. */
export type SecretName = string & { readonly __secretName: true };

export interface SecretNameParts {
  readonly provider: string;
  readonly server: string;
  readonly tokenType: string;
}

/**
 * Every part is words of a-z and 0-9 joined by single dashes. That leaves no way to spell a path, an option, a case or a look-alike, and lets each store
 * spell the separator its own way ("--", "__") without two names becoming one.
 */
const WORDS = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Together at most 123 characters in Key Vault's spelling, which allows 127. */
const LONGEST = { provider: 32, server: 48, tokenType: 32 } as const;
const LONGEST_NAME = 6 + 32 + 1 + 48 + 1 + 32;
const SHAPE = "oauth/{provider}/{server-name}/{token-type}";

/**
 * Checks a name. The refusal never repeats what was given: a person who mixes up name and value would otherwise find the secret in a log.
 * @throws SecretRefused
 */
export function secretName(text: string): SecretName {
  if (text.length > LONGEST_NAME) throw refused(`longer than ${LONGEST_NAME} characters`);
  const [root, provider = "", server = "", tokenType = "", ...rest] = text.split("/");
  if (root !== "oauth" || rest.length > 0 || text.split("/").length !== 4) throw refused(`not of the shape ${SHAPE}`);
  check("provider", provider, LONGEST.provider);
  check("server-name", server, LONGEST.server);
  check("token-type", tokenType, LONGEST.tokenType);
  return text as SecretName;
}

/** The name made of its parts. @throws SecretRefused */
export function secretNameOf({ provider, server, tokenType }: SecretNameParts): SecretName {
  return secretName(`oauth/${provider}/${server}/${tokenType}`);
}

export function partsOf(name: SecretName): SecretNameParts {
  const [, provider = "", server = "", tokenType = ""] = name.split("/");
  return { provider, server, tokenType };
}

/** One word for stores whose names can't have a slash: `oauth--github--my-server--access-token`. */
export function flatName(name: SecretName): string {
  return name.replaceAll("/", "--");
}

/** Undefined for a word that no name of ours is spelled as. */
export function fromFlatName(flat: string): SecretName | undefined {
  return nameOrNothing(flat.replaceAll("--", "/"));
}

/** The environment's spelling: `OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN`. */
export function variableName(name: SecretName): string {
  return name.replaceAll("/", "__").replaceAll("-", "_").toUpperCase();
}

/** Undefined for a variable that no name of ours is spelled as. */
export function fromVariableName(variable: string): SecretName | undefined {
  if (!/^[A-Z0-9_]+$/.test(variable)) return undefined;
  return nameOrNothing(variable.toLowerCase().replaceAll("__", "/").replaceAll("_", "-"));
}

function nameOrNothing(text: string): SecretName | undefined {
  try {
    return secretName(text);
  } catch (error) {
    if (error instanceof SecretRefused) return undefined;
    throw error;
  }
}

function check(part: string, text: string, longest: number): void {
  if (text.length > longest) throw refused(`its ${part} is longer than ${longest} characters`);
  if (!WORDS.test(text)) throw refused(`its ${part} is not words of a-z and 0-9 joined by single dashes`);
}

function refused(why: string): SecretRefused {
  return new SecretRefused("name", `the secret's name was refused: ${why} (${SHAPE})`);
}
