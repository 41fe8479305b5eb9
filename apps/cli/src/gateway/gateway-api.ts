import type { Command } from "commander";
import { send, type Answer, type Sent } from "../api/send.ts";
import { accessTokenFor, placeOf } from "../person/person-session.ts";
import type { Terminal } from "../terminal.ts";

/** A request to the gateway's API as the person who is logged in, below /gateway/v1. Throws CommandFailed with what the gateway said. */
export async function callGateway(
  command: Command,
  terminal: Terminal,
  { method, path, body }: { readonly method: Sent["method"]; readonly path: string; readonly body?: object },
): Promise<Answer> {
  const place = placeOf(command, terminal);
  const token = await accessTokenFor(place, place.gatewayApi);
  return send({
    method,
    url: `${place.gatewayApi}${path}`,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    hint: "Is the gateway running there? Set GRANTLINE_GATEWAY_URL or --gateway.",
  });
}
