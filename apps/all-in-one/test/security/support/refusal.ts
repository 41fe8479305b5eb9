import { expect } from "vitest";
import { CALLBACK, refusedAs, type World } from "./world.ts";

export interface Expected {
  readonly status: number;
  readonly error: string;
  /** Private reason, in the log only. */
  readonly reason: string;
}

/** Words of code, not of people: a stack, a query, a path of ours. */
const INTERNALS = /\bat \S+ \(|node_modules|\.ts:\d|SELECT |INSERT |SQLITE|\/work\/|\/tmp\/|Error:/;
// RFC 6749 §5.2: characters an error_description may have
const DESCRIPTION = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;

/** An OAuth error as JSON: exact status and code, nothing else in it, and everything any refusal must keep. */
export async function expectError(world: World, response: Response, expected: Expected): Promise<void> {
  const text = await response.text();
  expect(response.headers.get("content-type")).toMatch(/^application\/json(; charset=utf-8)?$/);
  const body = JSON.parse(text) as Record<string, unknown>;
  expect({ status: response.status, error: body["error"], reason: note(world, response) }).toEqual(expected);
  expect(Object.keys(body).toSorted()).toEqual(["correlation_id", "error", "error_description"]);
  expect(body["error_description"]).toMatch(DESCRIPTION);
  expect(body["correlation_id"]).toBe(response.headers.get("x-correlation-id"));
  expectCommon(response, text);
}

/** RFC 9457 problem of the admin API. */
export async function expectProblem(
  world: World,
  response: Response,
  expected: { readonly status: number; readonly type: string },
): Promise<void> {
  const text = await response.text();
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json(; charset=utf-8)?$/);
  const body = JSON.parse(text) as Record<string, unknown>;
  expect({ status: response.status, type: body["type"] }).toEqual({
    status: expected.status,
    type: `urn:grantline:problem:${expected.type}`,
  });
  expectCommon(response, text);
  note(world, response);
}

/** An error page for the person, and no way on to the client. */
export async function expectPage(world: World, response: Response, expected: Omit<Expected, "error">): Promise<string> {
  const text = await response.text();
  expect({ status: response.status, reason: note(world, response) }).toEqual(expected);
  expect(response.headers.get("location")).toBeNull();
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expectPageHeaders(response);
  expectCommon(response, text);
  return text;
}

export function expectPageHeaders(response: Response): void {
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
  expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
  expect(response.headers.get("x-frame-options")).toBe("DENY");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
}

export interface RedirectExpected {
  readonly error: string;
  readonly reason: string;
  readonly state?: string | null;
  readonly redirectUri?: string;
}

/** An error that reaches the client by redirect: to the registered URI, with error, state and the exact iss, and without a code. */
export async function expectRedirect(world: World, response: Response, expected: RedirectExpected): Promise<URL> {
  const text = await response.text();
  expect([302, 303]).toContain(response.status);
  const location = response.headers.get("location") ?? "";
  const at = expected.redirectUri ?? CALLBACK;
  expect(location.startsWith(`${at}?`)).toBe(true);
  const url = new URL(location);
  const { searchParams } = url;
  expect({
    error: searchParams.get("error"),
    reason: note(world, response),
    state: searchParams.get("state"),
    iss: searchParams.getAll("iss"),
  }).toEqual({
    error: expected.error,
    reason: expected.reason,
    state: expected.state === undefined ? "state-1" : expected.state,
    iss: [world.issuer],
  });
  expect(searchParams.has("code")).toBe(false);
  expect(searchParams.get("error_description")).toMatch(DESCRIPTION);
  expectCommon(response, text);
  return url;
}

/** What every answer keeps: no internals, no null, not cached, not sniffed. */
export function expectCommon(response: Response, text: string): void {
  expect(response.status).toBeLessThan(500);
  expect(text).not.toMatch(INTERNALS);
  expect(text).not.toContain(":null");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("x-correlation-id")).toMatch(/^[A-Za-z0-9._-]{8,64}$/);
  expect(response.headers.get("server")).toBeNull();
  expect(response.headers.get("x-powered-by")).toBeNull();
}

/** Remembers the refusal for the check of the security log at the end, and tells its reason. */
function note(world: World, response: Response): string | undefined {
  const { reason } = refusedAs(world, response);
  if (reason !== undefined) world.refusals.add(reason);
  return reason;
}
