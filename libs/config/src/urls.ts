/** Why a text can't be an issuer, or undefined when it can. */
export function issuerFault(value: string): string | undefined {
  const url = URL.parse(value);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "not an absolute http or https URL";
  // RFC 8414 §2: an issuer has no query and no fragment
  if (value.includes("?") || value.includes("#")) return "it has a query or a fragment";
  if (url.username !== "" || url.password !== "") return "it carries a user name or password";
  if (value.endsWith("/")) return "it ends in a slash";
  // RFC 8414 §3.3: clients compare it character by character, so it must already be in the one form URLs are written in
  return url.href === value || url.href === `${value}/` ? undefined : `it would be written ${url.href.replace(/\/$/, "")}`;
}

/** Why a text can't name a resource, or undefined when it can. */
export function resourceFault(value: string): string | undefined {
  const url = URL.parse(value);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "not an absolute http or https URL";
  // RFC 8707 §2: a resource is an absolute URI without a fragment
  if (value.includes("#")) return "it has a fragment";
  return url.username === "" && url.password === "" ? undefined : "it carries a user name or password";
}
