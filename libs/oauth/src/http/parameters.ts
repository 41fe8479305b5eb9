import { parse } from "fast-querystring";
import { OAuthError } from "../errors/index.ts";

/** Parameters of a request; an empty value counts as absent (OAuth 2.1 §3.1). Only `resource` may come more than once. */
export interface Parameters {
  get(name: string): string | undefined;
  all(name: string): readonly string[];
  readonly names: readonly string[];
}

const REPEATABLE = new Set(["resource", "audience"]);

/** Parses a form body. A repeated parameter is refused (OAuth 2.1 §3.2). */
export function formParameters(body: string | undefined): Parameters {
  const parsed = read(body ?? "");
  refuseRepeated(parsed);
  return parsed;
}

/** Parses a query string; with `lenient` the caller looks at repetition itself (the authorization endpoint must know which page to show). */
export function queryParameters(query: string, options: { readonly lenient?: boolean } = {}): Parameters {
  const parsed = read(query);
  if (options.lenient !== true) refuseRepeated(parsed);
  return parsed;
}

function read(text: string): Parameters {
  const raw = parse(text) as Record<string, string | string[]>;
  return {
    get(name) {
      const value = raw[name];
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined || first === "" ? undefined : first;
    },
    all(name) {
      const value = raw[name];
      if (Array.isArray(value)) return value.filter((each) => each !== "");
      return value === undefined || value === "" ? [] : [value];
    },
    names: Object.keys(raw),
  };
}

/** Names given more than once that may not be. */
export function repeatedParameters(parameters: Parameters): readonly string[] {
  return parameters.names.filter((name) => !REPEATABLE.has(name) && parameters.all(name).length > 1);
}

function refuseRepeated(parameters: Parameters): void {
  const repeated = repeatedParameters(parameters)[0];
  // OAuth 2.1 §3.2: request parameters must not be included more than once
  if (repeated !== undefined) throw new OAuthError("invalid_request", "parameter-repeated", "A parameter was given more than once.");
}
