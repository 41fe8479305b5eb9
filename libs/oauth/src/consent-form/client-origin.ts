import type { ClientView } from "../context/index.ts";
import { isLoopbackRedirect } from "../redirect-uri/index.ts";

export interface Origin {
  readonly verified: boolean;
  readonly text: string;
}

/** How far anybody knows who runs a client. A name is never proof: it is always shown beside this. */
export function describeOrigin(client: ClientView): Origin {
  switch (client.state.verification) {
    case "operator":
      return { verified: true, text: "Verified: registered by the operator of this server" };
    case "cimd":
      return { verified: true, text: `Verified address: ${new URL(client.clientId).host}` };
    case "dcr":
      return { verified: false, text: "Unverified: the application registered itself and nobody has checked who runs it" };
  }
}

/** Does the client live on the person's machine only? */
export function onlyLoopback(client: ClientView): boolean {
  return client.state.metadata.redirect_uris.every(isLoopbackRedirect);
}
