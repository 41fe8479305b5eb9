import type { ClientMetadata } from "@grantline/domain/client";
import { redirectHost } from "@grantline/oauth/redirect-uri";

const LONGEST = 120;

/**
 * What a person reads on the target's consent page: the name the client gave itself, and, because anybody can take any name, where it leads. Braces go
 * with the markup: Keycloak takes `${…}` for a text of its own.
 */
export function shownName({ client_name: name = "MCP client", redirect_uris: [first = ""] }: ClientMetadata): string {
  const shown = name.replaceAll(/[<>;&%{}]/g, "").slice(0, LONGEST);
  return first === "" ? shown : `${shown} (${redirectHost(first)})`;
}
