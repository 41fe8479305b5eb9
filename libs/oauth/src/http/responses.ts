import type { HttpResponse } from "./endpoint.ts";

/** A JSON answer that nobody may cache. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store", ...headers }, body: JSON.stringify(value) };
}

export function noContent(): HttpResponse {
  return { status: 204, headers: { "cache-control": "no-store" } };
}

export function page(status: number, html: string, headers: Readonly<Record<string, string | readonly string[]>> = {}): HttpResponse {
  return { status, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", ...headers }, body: html };
}

// RFC 9700 §4.12: never 307 after a form that may have carried credentials.
export function seeOther(location: string, headers: Readonly<Record<string, string | readonly string[]>> = {}): HttpResponse {
  return { status: 303, headers: { location, "cache-control": "no-store", ...headers } };
}

export function redirect(location: string, headers: Readonly<Record<string, string | readonly string[]>> = {}): HttpResponse {
  return { status: 302, headers: { location, "cache-control": "no-store", ...headers } };
}
