import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { selfSignedLocalhost } from "./self-signed.ts";

export interface MetadataDocumentServer {
  /** The client's id, and where its document is (draft-ietf-oauth-client-id-metadata-document). */
  readonly url: string;
  /** How often the document was fetched. */
  readonly fetches: () => number;
  close(): Promise<void>;
}

/**
 * Publishes a client's metadata document over https on localhost: the SDKs take nothing but https, and development lets
 * the server fetch from loopback. This process trusts the certificate until `close`.
 */
export async function startMetadataDocumentServer(metadata: object): Promise<MetadataDocumentServer> {
  const { key, cert } = selfSignedLocalhost();
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, cert]);
  let fetched = 0;
  let url = "";
  const server = createServer({ key, cert }, (request, response) => {
    if (request.url !== "/mcp-client.json") return void response.writeHead(404).end();
    fetched++;
    response
      .writeHead(200, { "content-type": "application/json", "cache-control": "max-age=86400" })
      .end(JSON.stringify({ client_id: url, ...metadata }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/mcp-client.json`;
  return {
    url,
    fetches: () => fetched,
    close: async () => {
      setDefaultCACertificates(trusted);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
