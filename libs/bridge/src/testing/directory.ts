import { randomBytes, randomUUID } from "node:crypto";

export interface Password {
  readonly keyId: string;
  readonly displayName: string | undefined;
  readonly startDateTime: string;
  readonly endDateTime: string;
  /** Kept for the token endpoint; Graph never shows it again. */
  readonly secretText: string;
}

export interface DirectoryApplication {
  readonly id: string;
  readonly appId: string;
  readonly uniqueName: string | undefined;
  /** So many more looks for it find nothing. */
  unseen: number;
  properties: Readonly<Record<string, unknown>>;
  passwords: readonly Password[];
  principalId?: string;
  deleted: boolean;
}

/** What Graph says no to, in its own words. */
export class GraphRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const WRITABLE = new Set([
  "displayName",
  "signInAudience",
  "web",
  "publicClient",
  "spa",
  "isFallbackPublicClient",
  "api",
  "requiredResourceAccess",
  "tags",
  "notes",
]);
const AUDIENCES = ["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"];
const LONGEST_SECRET_MS = 2 * 366 * 86_400_000;

/** The state of the stand-in's tenant: applications, their principals and passwords, and what was deleted and not yet purged. */
export function createDirectory(lag: () => number) {
  const applications = new Map<string, DirectoryApplication>();
  const live = (): readonly DirectoryApplication[] => [...applications.values()].filter(({ deleted }) => !deleted);
  const notFound = (id: string): GraphRefusal =>
    new GraphRefusal(
      404,
      "Request_ResourceNotFound",
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    );
  const lags = (application: DirectoryApplication): boolean => {
    application.unseen -= 1;
    return application.unseen >= 0;
  };
  /** What was just made is not known everywhere yet. */
  const seen = (application: DirectoryApplication | undefined, id: string): DirectoryApplication => {
    if (application === undefined || application.deleted || lags(application)) throw notFound(id);
    return application;
  };
  const byId = (id: string): DirectoryApplication => seen(applications.get(id), id);

  return {
    applications: live,
    deleted: () => [...applications.values()].filter(({ deleted }) => deleted),
    byId,
    byUniqueName: (name: string) =>
      seen(
        live().find(({ uniqueName }) => uniqueName === name),
        name,
      ),
    byAppId: (appId: string) =>
      seen(
        live().find((each) => each.appId === appId),
        appId,
      ),
    byPrincipal: (appId: string) => {
      const application = live().find((each) => each.appId === appId && each.principalId !== undefined);
      return seen(application, appId);
    },
    /** The write finds its own kind at once: unique names are unique everywhere. */
    upsert(
      name: string,
      properties: Readonly<Record<string, unknown>>,
      create: boolean,
    ): { application: DirectoryApplication; created: boolean } {
      check(properties);
      const known = live().find(({ uniqueName }) => uniqueName === name);
      if (known !== undefined) {
        known.properties = { ...known.properties, ...properties };
        return { application: known, created: false };
      }
      if (!create) throw notFound(name);
      if (typeof properties["displayName"] !== "string")
        throw new GraphRefusal(400, "Request_BadRequest", "A value is required for property 'displayName' of resource 'Application'.");
      const application: DirectoryApplication = {
        id: randomUUID(),
        appId: randomUUID(),
        uniqueName: name,
        unseen: lag(),
        properties: { ...properties, createdDateTime: new Date().toISOString() },
        passwords: [],
        deleted: false,
      };
      applications.set(application.id, application);
      return { application, created: true };
    },
    update(id: string, properties: Readonly<Record<string, unknown>>): void {
      check(properties);
      const application = byId(id);
      application.properties = { ...application.properties, ...properties };
    },
    addPrincipal(appId: string): { readonly application: DirectoryApplication; readonly created: boolean } {
      const application = live().find((each) => each.appId === appId);
      // the service says so while the application has not reached the replica that is asked
      if (application === undefined || lags(application)) throw notFound(appId);
      const created = application.principalId === undefined;
      application.principalId ??= randomUUID();
      return { application, created };
    },
    addPassword(id: string, { displayName, endDateTime }: { readonly displayName?: string; readonly endDateTime?: string }): Password {
      const application = byId(id);
      const end = endDateTime === undefined ? Date.now() + LONGEST_SECRET_MS : Date.parse(endDateTime);
      if (!Number.isFinite(end) || end < Date.now()) throw new GraphRefusal(400, "Request_BadRequest", "Credential lifetime is invalid.");
      if (end > Date.now() + LONGEST_SECRET_MS)
        throw new GraphRefusal(
          400,
          "CredentialInvalidLifetimeAsPerAppPolicy",
          "Credential lifetime exceeds the max value allowed as per assigned policy",
        );
      const password = {
        keyId: randomUUID(),
        displayName,
        startDateTime: new Date().toISOString(),
        endDateTime: new Date(end).toISOString(),
        secretText: `${randomBytes(2).toString("hex").slice(0, 3)}8Q~${randomBytes(25).toString("base64url")}`,
      };
      application.passwords = [...application.passwords, password];
      return password;
    },
    removePassword(id: string, keyId: string): void {
      const application = byId(id);
      if (application.passwords.every((password) => password.keyId !== keyId))
        throw new GraphRefusal(400, "Request_BadRequest", "No password credential found with keyId.");
      application.passwords = application.passwords.filter((password) => password.keyId !== keyId);
    },
    delete(id: string): void {
      byId(id).deleted = true;
    },
    purge(id: string): void {
      if (applications.get(id)?.deleted !== true) throw notFound(id);
      applications.delete(id);
    },
  };
}

function check(properties: Readonly<Record<string, unknown>>): void {
  const bad = (message: string): GraphRefusal => new GraphRefusal(400, "Request_BadRequest", message);
  const unknown = Object.keys(properties).find((name) => !WRITABLE.has(name));
  if (unknown === "passwordCredentials") throw bad("Updates to 'passwordCredentials' are not allowed. Use addPassword and removePassword.");
  if (unknown !== undefined) throw bad(`Invalid property '${unknown}'.`);
  const { displayName, signInAudience, api } = properties as {
    displayName?: unknown;
    signInAudience?: unknown;
    api?: { requestedAccessTokenVersion?: unknown };
  };
  if (displayName !== undefined && (typeof displayName !== "string" || displayName === "" || displayName.length > 256))
    throw bad("Invalid value specified for property 'displayName' of resource 'Application'.");
  if (signInAudience !== undefined && !AUDIENCES.includes(String(signInAudience)))
    throw bad("Invalid value specified for property 'signInAudience' of resource 'Application'.");
  if (api !== undefined && ![1, 2, null, undefined].includes(api.requestedAccessTokenVersion as number))
    throw bad("Invalid value specified for property 'requestedAccessTokenVersion' of resource 'ApiApplication'.");
  for (const platform of ["web", "spa", "publicClient"] as const) checkRedirects(platform, redirectsOf(properties, platform), bad);
}

export function redirectsOf(properties: Readonly<Record<string, unknown>>, platform: "web" | "spa" | "publicClient"): readonly string[] {
  return (properties[platform] as { redirectUris?: readonly string[] } | undefined)?.redirectUris ?? [];
}

function checkRedirects(platform: string, uris: readonly string[], bad: (message: string) => GraphRefusal): void {
  for (const uri of uris) {
    const url = URL.parse(uri);
    const local = url?.protocol === "http:" && ["localhost", "127.0.0.1"].includes(url.hostname);
    const fits = platform === "publicClient" ? url !== null && (url.protocol !== "http:" || local) : url?.protocol === "https:" || local;
    if (!fits || uri.length > 256 || uri.includes("*") || uri.includes("#"))
      throw bad(`Invalid value specified for property '${platform}.redirectUris' of resource 'Application'.`);
  }
}

export type Directory = ReturnType<typeof createDirectory>;
