import { b64encode } from "k6/encoding";
import { check } from "k6";
import http, { type RefinedResponse } from "k6/http";
import type { Credentials } from "./world.ts";

/** A form post with client authentication; `name` groups it in the results. */
export function postForm(url: string, form: Readonly<Record<string, string>>, client: Credentials, name: string): RefinedResponse<"text"> {
  return http.post(url, form, {
    headers: { authorization: `Basic ${b64encode(`${client.client_id}:${client.client_secret}`)}` },
    tags: { name },
    responseType: "text",
  });
}

/** Counts an unexpected answer as an error and shows the first few. */
export function expect(response: RefinedResponse<"text">, what: string, holds: (response: RefinedResponse<"text">) => boolean): boolean {
  const good = check(response, { [what]: holds });
  // oxlint-disable-next-line no-console -- the only way out of a k6 script
  if (!good && shown++ < 3) console.error(`${what}: ${response.status} ${response.body?.slice(0, 300)}`);
  return good;
}

let shown = 0;
