// The peer: panva/node-oidc-provider with its own in-memory adapter (nothing durable), set up for the same jobs.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const REFRESH_TOKENS = Number(process.argv[2] ?? 32);
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const port = Number(process.argv[3] ?? 0);
const issuer = `http://127.0.0.1:${port}`;
const client = (client_id: string, more: object = {}) => ({
  client_id,
  client_secret: "bench-secret-bench-secret-bench-secret",
  token_endpoint_auth_method: "client_secret_basic" as const,
  grant_types: ["client_credentials"],
  response_types: [],
  redirect_uris: [],
  id_token_signed_response_alg: "ES256",
  ...more,
});
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "peer" }] } as never,
  clients: [
    client("machine"),
    client("person", {
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["https://client.example/cb"],
    }),
  ] as never,
  scopes: ["openid", "offline_access", "read"],
  rotateRefreshToken: true,
  ttl: { ClientCredentials: 900, AccessToken: 900, RefreshToken: 86_400, Grant: 86_400 } as never,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:opaque",
      useGrantedResource: () => true,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: "read",
        accessTokenTTL: 900,
        accessTokenFormat: resource === "urn:jwt" ? "jwt" : "opaque",
        ...(resource === "urn:jwt" ? { jwt: { sign: { alg: "ES256" } } } : {}),
      }),
    },
  } as never,
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
const person = await provider.Client.find("person");
const tokens: string[] = [];
for (let index = 0; index < REFRESH_TOKENS; index++) {
  const grant = new provider.Grant({ accountId: `account-${index}`, clientId: "person" });
  grant.addOIDCScope("offline_access");
  grant.addResourceScope("urn:opaque", "read");
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId: `account-${index}`,
    client: person as never,
    grantId,
    gty: "authorization_code",
    scope: "offline_access read",
    resource: "urn:opaque",
    claims: {},
  } as never);
  tokens.push(await token.save());
}
const server = provider.listen(port, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`listening ${typeof address === "object" && address !== null ? address.port : 0}\n${JSON.stringify({ tokens })}\n`);
});
