/** A provider as the settings declare it (area `gateway`). */
export type ProviderSettings = Common &
  (
    | { readonly kind: "github" | "github-app" | "google"; readonly authority?: string | undefined }
    | { readonly kind: "entra"; readonly tenant: string; readonly authority?: string | undefined }
    | {
        readonly kind: "custom";
        readonly issuer?: string | undefined;
        readonly authorizationEndpoint?: string | undefined;
        readonly tokenEndpoint?: string | undefined;
        readonly revocationEndpoint?: string | undefined;
        readonly resource: "send" | "drop";
      }
  );

interface Common {
  readonly name: string;
  readonly clientId: string;
  readonly authMethod?: AuthMethod | undefined;
  readonly authorizeParameters?: Readonly<Record<string, string>> | undefined;
}

export type AuthMethod = "client_secret_basic" | "client_secret_post" | "none";
