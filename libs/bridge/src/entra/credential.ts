import type { ClientSecretCredential, ClientSecretCredentialOptions, DefaultAzureCredential } from "@azure/identity";
import type { SecretStore } from "@grantline/secrets";
import { TargetRefused } from "../target.port.ts";
import type { TokenSource } from "./graph-client.ts";

export interface EntraCredentialOptions {
  readonly authority: string;
  readonly tenantId: string;
  /** The bridge's own application; absent: DefaultAzureCredential (workload identity, managed identity, environment). */
  readonly clientId?: string;
  /** Where its secret is kept. */
  readonly secretName?: string;
  readonly secrets: Pick<SecretStore, "get">;
  /** For tests: trust of a stand-in's certificate. */
  readonly sdk?: Pick<ClientSecretCredentialOptions, "tlsOptions">;
}

/** Clouds that Microsoft's own directory of clouds knows; another authority has to be taken at its word. */
const KNOWN = new Set([
  "https://login.microsoftonline.com",
  "https://login.microsoftonline.us",
  "https://login.partner.microsoftonline.cn",
]);

/** The bridge's own identity at Entra. Its secret is read from the secret store, so that a new one is taken up without a restart. */
export function entraCredential({ authority, tenantId, clientId, secretName, secrets, sdk = {} }: EntraCredentialOptions): TokenSource {
  const options = { authorityHost: authority, disableInstanceDiscovery: !KNOWN.has(authority), retryOptions: { maxRetries: 0 }, ...sdk };
  if (clientId === undefined || secretName === undefined) return ofTheMachine({ ...options, tenantId });
  let last: { readonly value: string; readonly credential: ClientSecretCredential } | undefined;
  return {
    async getToken(scope, more) {
      const secret = await secrets.get(secretName);
      if (secret === undefined) throw new TargetRefused("target-credentials-refused", `there is no secret ${secretName} for the bridge`);
      if (last?.value !== secret.value) {
        const { ClientSecretCredential } = await identitySdk();
        last = { value: secret.value, credential: new ClientSecretCredential(tenantId, clientId, secret.value, options) };
      }
      return last.credential.getToken(scope, more ?? {});
    },
  };
}

/** Who registers nobody at Entra needs no SDK, neither its memory nor its time at start. */
const identitySdk = () => import("@azure/identity");

/** A workload's or a managed identity, or what the environment says. */
function ofTheMachine(options: ConstructorParameters<typeof DefaultAzureCredential>[0]): TokenSource {
  let credential: Promise<DefaultAzureCredential> | undefined;
  return {
    async getToken(scope, more) {
      credential ??= identitySdk().then(({ DefaultAzureCredential }) => new DefaultAzureCredential(options));
      return (await credential).getToken(scope, more ?? {});
    },
  };
}
