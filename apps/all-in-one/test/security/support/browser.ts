import type { Person, Step } from "@grantline/testing";
import { authorizationParameters, type Changes } from "./request.ts";
import { PASSWORD, type World } from "./world.ts";

export type Page = Extract<Step, { readonly kind: "page" }>;

export function asPage(step: Step): Page {
  if (step.kind !== "page") throw new Error(`expected a page, but the browser was sent to ${step.url.href}`);
  return step;
}

/** The login page of an authorization. */
export async function openLogin(world: World, person: Person, clientId: string, changes: Changes = {}): Promise<Page> {
  return asPage(await person.open(`${world.issuer}/authorize?${authorizationParameters(clientId, changes)}`));
}

/** The consent page: after logging in where that is still needed. */
export async function openConsent(
  world: World,
  person: Person,
  clientId: string,
  changes: Changes = {},
  who: { readonly username: string; readonly password: string } = { username: "demo", password: PASSWORD },
): Promise<Page> {
  const page = await openLogin(world, person, clientId, { prompt: "consent", ...changes });
  return page.html.includes('id="login-form"') ? asPage(await person.submit(page, "login-form", who)) : page;
}

/** Hidden fields of the one form of a page. */
export function hidden(page: Page): Record<string, string> {
  return Object.fromEntries(
    [...page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
      name as string,
      value as string,
    ]),
  );
}

export function cookieHeader(person: Person): string {
  return [...person.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** A form post as somebody sends it: cookies, Origin and Fetch Metadata as told. */
export function postPage(
  world: World,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${world.issuer}${path}`, { method: "POST", redirect: "manual", body: new URLSearchParams(fields), headers });
}
