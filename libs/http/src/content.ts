import type { Endpoint } from "@grantline/oauth/http";

export const MEDIA_TYPE = { form: "application/x-www-form-urlencoded", json: "application/json" } as const;

/** Is the body's media type the one the endpoint reads? A charset other than UTF-8 is not (security case H-01). */
export function acceptsContent(accepts: NonNullable<Endpoint["accepts"]>, contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  const wanted = MEDIA_TYPE[accepts];
  if (contentType === wanted) return true;
  const [type = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  if (type !== wanted) return false;
  return parameters.every((parameter) => !parameter.startsWith("charset") || /^charset="?utf-8"?$/.test(parameter));
}
