import { expect, postForm } from "../http.ts";
import { world } from "../world.ts";

let current: string | undefined;

/** Each virtual user goes on with the refresh token it got last. */
export function refresh(): void {
  current ??= world.refreshTokens[(__VU - 1) % world.refreshTokens.length] as string;
  const response = postForm(`${world.issuer}/token`, { grant_type: "refresh_token", refresh_token: current }, world.person, "refresh");
  if (expect(response, "a refresh token is rotated", ({ status }) => status === 200)) current = String(response.json("refresh_token"));
}
