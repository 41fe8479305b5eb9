import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { buildConnector } from "undici";
import { OutboundError, systemResolve, type Resolve, type ResolvedAddress } from "@grantline/oauth/outbound";
import type { Admission } from "./admission.ts";

const CONNECT_MS = 5_000;

/** No connection came to be: not one byte of the request has left, so any request may be sent again. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

/**
 * Opens sockets to admitted addresses alone. The name is resolved once, all its addresses are looked at, and the socket gets those: a second answer
 * of the resolver (DNS rebinding) is never asked for.
 */
export function createConnector(admission: Admission, resolve: Resolve = systemResolve): buildConnector.connector {
  const connectors = { plain: connectorWith(admission, resolve, true), tls: connectorWith(admission, resolve, false) };
  return (options, callback) => {
    const plain = options.protocol === "http:";
    const host = options.hostname.startsWith("[") ? options.hostname.slice(1, -1) : options.hostname;
    // an address needs no lookup, so it would pass unseen
    if (isIP(host) !== 0 && !admission.admits({ host, address: host, plain }))
      return callback(new NotConnected("address", { cause: refused() }), null);
    (plain ? connectors.plain : connectors.tls)(options, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new NotConnected(error.message, { cause: error }), null);
    });
  };
}

function connectorWith(admission: Admission, resolve: Resolve, plain: boolean): buildConnector.connector {
  const admitted = callbackify(async (host: string): Promise<readonly ResolvedAddress[]> => {
    const addresses = await resolve(host);
    // one bad address refuses them all: who mixes an address inside among public ones must not win a coin toss
    if (addresses.length > 0 && addresses.every(({ address }) => admission.admits({ host, address, plain }))) return addresses;
    throw refused();
  });
  const lookup: LookupFunction = (host, { all }, callback) => {
    admitted(host, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) callback(error, "", 0);
      else if (all === true) callback(null, [...addresses] as { address: string; family: number }[]);
      else callback(null, first.address, first.family);
    });
  };
  return buildConnector({ lookup, timeout: CONNECT_MS, allowH2: false } as buildConnector.BuildOptions);
}

function refused(): OutboundError {
  return new OutboundError("address-refused", "an address that is not admitted");
}
