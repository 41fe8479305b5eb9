import { parseEvent } from "@grantline/event-store";
import { OAuthError } from "../errors/index.ts";
import type { Endpoint, HttpRequest, HttpResponse } from "../http/index.ts";
import type { World } from "./world.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
  readonly text: string;
  /** Private reason of a refusal. */
  readonly reason?: string;
}

export const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` });
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Sends a form to an endpoint and renders refusals as the rim does. */
export async function send(
  endpoints: readonly Endpoint[],
  path: string,
  form: Readonly<Record<string, string | readonly string[]>> | string | undefined,
  headers: HttpRequest["headers"] = {},
  more: { readonly query?: string; readonly method?: string } = {},
): Promise<Answer> {
  const wanted = more.method ?? (form === undefined ? "GET" : "POST");
  const endpoint = endpoints.find((each) => each.path === path && each.method === wanted);
  if (endpoint === undefined) throw new Error(`no endpoint ${wanted} ${path}`);
  const body = typeof form === "object" ? encode(form) : form;
  const request: HttpRequest = {
    method: endpoint.method,
    path,
    query: more.query ?? "",
    params: {},
    headers,
    body,
    ip: "192.0.2.1",
    correlationId: "c1",
  };
  try {
    return answerOf(await endpoint.handle(request));
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return {
      status: error.status,
      headers: error.headers,
      body: { error: error.code, error_description: error.description },
      text: "",
      reason: error.reason,
    };
  }
}

function encode(form: Readonly<Record<string, string | readonly string[]>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) for (const each of [value].flat()) params.append(name, each as string);
  return params.toString();
}

function answerOf(response: HttpResponse): Answer {
  const text = response.body ?? "";
  return {
    status: response.status,
    headers: response.headers ?? {},
    body: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {},
    text,
  };
}

/** Types of the events of a stream, in order. */
export async function eventsOf({ store }: World, stream: string): Promise<readonly string[]> {
  return (await store.readStream(stream, 0, 1000)).map((stored) => parseEvent(stored).event.type);
}

/** Everything the store holds, as text: for looking for secrets in it (P9). */
export async function wholeLog({ store }: World): Promise<string> {
  return (await store.readAll("0", 10_000)).map((stored) => stored.body).join("\n");
}
