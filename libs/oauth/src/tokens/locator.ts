/** Where a token's record lives. A grant id has no dash, an issuance stream always has one: the two can't be confused. */
export type Locator =
  | { readonly in: "grant"; readonly grantId: string; readonly n: number }
  | { readonly in: "issuance"; readonly locator: string };

const GRANT_ID = /^[a-z0-9]{8,64}$/;
const ISSUANCE = /^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+$/;
// One spelling for each number, so a token has one locator.
const NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;

export function isGrantId(text: string): boolean {
  return GRANT_ID.test(text);
}

/** Parses `{grantId}.{n}` or `{writer}-{yyyymmddhh}.{revision}`; undefined when it is neither. */
export function parseLocator(text: string): Locator | undefined {
  const dot = text.indexOf(".");
  if (dot < 1 || text.length > 128 || !NUMBER.test(text.slice(dot + 1))) return undefined;
  const place = text.slice(0, dot);
  if (isGrantId(place)) return { in: "grant", grantId: place, n: Number(text.slice(dot + 1)) };
  return ISSUANCE.test(place) ? { in: "issuance", locator: text } : undefined;
}

export function grantLocator(grantId: string, n: number): string {
  return `${grantId}.${n}`;
}
