import http from "k6/http";
import { expect } from "../http.ts";
import { world } from "../world.ts";

/** A client that nobody knows registers itself (RFC 7591). */
export function register(): void {
  const metadata = {
    client_name: `load ${__VU}-${__ITER}`,
    redirect_uris: ["https://client.load.example/callback"],
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
  };
  const response = http.post(`${world.issuer}/register`, JSON.stringify(metadata), {
    headers: { "content-type": "application/json" },
    tags: { name: "register" },
    responseType: "text",
  });
  expect(response, "the client is registered", ({ status }) => status === 201);
}
