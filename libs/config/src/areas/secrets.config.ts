import { z } from "zod";
import { duration, flag, list, text } from "../kinds.ts";

/** Where the secrets of others are kept: upstream tokens, client secrets of registered applications. */
export const secrets = z.strictObject({
  order: list(z.enum(["key-vault", "docker", "environment", "file"]), ["key-vault", "docker", "environment", "file"], {
    env: "GRANTLINE_SECRETS_ORDER",
    allowed: "a list out of key-vault, docker, environment and file",
    doc: "Secret stores in order of precedence: a read takes the first that has the secret, a write goes to the first that can be written. What is not set up is left out.",
  }),
  keyVaultUrl: text(z.url({ protocol: /^https$/ }).optional(), {
    env: "GRANTLINE_SECRETS_KEY_VAULT_URL",
    allowed: "an https URL such as https://my-vault.vault.azure.net",
    defaultText: "none: no Key Vault is asked",
    doc: "Azure Key Vault. The identity comes from DefaultAzureCredential: AZURE_TENANT_ID, AZURE_CLIENT_ID and so on, a workload's or a managed identity.",
  }),
  keyVaultPurge: flag(false, {
    env: "GRANTLINE_SECRETS_KEY_VAULT_PURGE",
    doc: "Purges a secret when it is deleted; else the vault keeps it recoverable for its retention time. Needs the purge permission.",
  }),
  dockerDir: text(z.string().min(1).default("/run/secrets"), {
    env: "GRANTLINE_SECRETS_DOCKER_DIR",
    allowed: "a folder",
    doc: "Where Docker, Compose or Kubernetes mount secrets as files: `oauth--github--my-server--access-token`.",
  }),
  dockerWritable: flag(false, {
    env: "GRANTLINE_SECRETS_DOCKER_WRITABLE",
    doc: "Lets secrets be written to that folder too. They lie there in the clear.",
  }),
  dockerTool: text(z.string().min(1).default("docker"), {
    env: "GRANTLINE_SECRETS_DOCKER_TOOL",
    allowed: "a program, or none",
    doc: "Program whose `pass` command reaches Docker Desktop's keychain; where it is missing the keychain is passed over. `none` never looks for it.",
  }),
  cache: duration(
    { min: 0, max: 300, default: 30 },
    {
      env: "GRANTLINE_SECRETS_CACHE",
      doc: "How long a secret may be answered from memory; what another process changes is seen after that. 0 switches it off.",
    },
  ),
});
