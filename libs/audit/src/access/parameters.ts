import { START, type Position } from "@grantline/event-store";
import { OAuthError } from "@grantline/oauth/errors";
import { queryParameters, type HttpRequest, type Parameters } from "@grantline/oauth/http";
import { FORMATS, formatOf } from "../export/formats.ts";
import type { ExportFormat } from "../export/format.ts";
import { FILTERS, readQuery, type ReplayQuery } from "../replay/query.ts";

/** The query string, with no parameter but these: a misspelt filter must not answer with everything. */
export function parametersOf(request: HttpRequest, allowed: readonly string[]): Parameters {
  const parameters = queryParameters(request.query);
  const unknown = parameters.names.find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw malformed(`There is a parameter that is not known here; there are ${allowed.join(", ")}.`);
  return parameters;
}

export function filtersOf(parameters: Parameters): ReplayQuery {
  return readable(() => readQuery(Object.fromEntries(FILTERS.map((name) => [name, parameters.get(name)]))));
}

export function formatParameter(parameters: Parameters): ExportFormat {
  const id = parameters.get("format") ?? "jsonl";
  if (!Object.hasOwn(FORMATS, id)) throw malformed(`format: is one of ${Object.keys(FORMATS).join(", ")}`);
  return formatOf(id);
}

export function positionParameter(parameters: Parameters, name: string): Position | undefined {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,19})$/.test(value)) throw malformed(`${name}: is a position, such as ${START}`);
  return value;
}

/** What a query that can't be understood becomes: 400, with the name of the parameter. Our messages do not repeat what was sent. */
export function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw malformed(error.message);
    throw error;
  }
}

export async function readableLater<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RangeError) throw malformed(error.message);
    throw error;
  }
}

export function malformed(description: string): OAuthError {
  return new OAuthError("invalid_request", "parameter-malformed", description, { status: 400 });
}
