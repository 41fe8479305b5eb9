import { difference, isSecure, strings } from "./differences.ts";
import { readDocument } from "./document.ts";
import { Findings, type Finding, type Section } from "./findings.ts";
import { probe, type Probe } from "./probe.ts";

type Json = Readonly<Record<string, unknown>>;

export interface FoundServer {
  readonly section: Section;
  readonly metadata?: Json;
  readonly answers: readonly Probe[];
}

/** The places of RFC 8414 §3.1 and OpenID Discovery §4, in the order MCP clients try them. */
export function metadataPlaces(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  if (path === "") return [`${origin}/.well-known/oauth-authorization-server`, `${origin}/.well-known/openid-configuration`];
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Authorization server metadata at all forms: found, the same everywhere, its issuer the very string that led there, and what strict clients need in it. */
export async function checkServerMetadata(issuer: string): Promise<FoundServer> {
  const answers = await Promise.all(metadataPlaces(issuer).map((url) => probe(url)));
  const read = answers.map((answer) => readPlace(answer, issuer));
  const metadata = read.find(({ document }) => document !== undefined)?.document;
  const about = new Findings();
  if (metadata === undefined) about.add("error", "found", `no client finds metadata of ${issuer} at any well-known path`);
  else {
    checkAgreement(about, read);
    checkMembers(about, metadata);
  }
  return {
    section: { area: "authorization server metadata", findings: [...read.flatMap(({ findings }) => findings), ...about.all] },
    ...(metadata === undefined ? {} : { metadata }),
    answers,
  };
}

function readPlace(answer: Probe, issuer: string): { readonly document?: Json; readonly findings: readonly Finding[] } {
  const found = new Findings(answer.url);
  if (answer.status === 404) {
    found.add("info", "status", "nothing here; clients go on to the next form");
    return { findings: found.all };
  }
  const document = readDocument(found, answer, "the metadata");
  if (document === undefined) return { findings: found.all };
  const own = document["issuer"];
  if (typeof own !== "string") found.add("error", "issuer", "issuer is missing: clients must refuse the document (RFC 8414 §3.3)");
  else {
    const apart = difference(issuer, own);
    if (apart === undefined) found.add("ok", "issuer", "issuer is the very string that led here");
    else
      found.add(
        "error",
        "issuer",
        `issuer is not the string that led here: ${apart}. Clients compare byte for byte and refuse (RFC 8414 §3.3)`,
        {
          expected: issuer,
          found: own,
        },
      );
  }
  return { document, findings: found.all };
}

function checkAgreement(found: Findings, read: readonly { readonly document?: Json }[]): void {
  const documents = read.flatMap(({ document }) => (document === undefined ? [] : [document]));
  const [first = {}, ...others] = documents;
  const names = new Set(documents.flatMap((document) => Object.keys(document)));
  const differing = [...names].filter((name) => others.some((other) => JSON.stringify(other[name]) !== JSON.stringify(first[name])));
  if (others.length === 0) return;
  found.expect(
    differing.length === 0,
    "agree",
    "the same at every form",
    "warning",
    `the forms differ in ${differing.join(", ")}: what a client can do depends on where it looks`,
  );
}

function checkMembers(found: Findings, metadata: Json): void {
  for (const name of ["authorization_endpoint", "token_endpoint"])
    found.expect(isSecure(metadata[name]), name, `${name} is there`, "error", `${name} is missing or no https URL`);
  found.expect(
    strings(metadata["code_challenge_methods_supported"]).includes("S256"),
    "code-challenge-methods",
    "says that PKCE with S256 is supported",
    "error",
    "code_challenge_methods_supported does not have S256: MCP clients must refuse to go on",
  );
  found.expect(
    strings(metadata["response_types_supported"]).includes("code"),
    "response-types",
    "says that the code flow is supported",
    "error",
    "response_types_supported, which RFC 8414 requires, is missing or has no code",
  );
  checkOptional(found, metadata);
}

function checkOptional(found: Findings, metadata: Json): void {
  const methods = metadata["token_endpoint_auth_methods_supported"];
  found.expect(
    strings(methods).includes("none"),
    "public-clients",
    "public clients may use the token endpoint",
    "warning",
    methods === undefined
      ? "token_endpoint_auth_methods_supported is missing, which means client_secret_basic only: native clients take that for a no"
      : "token_endpoint_auth_methods_supported has no none: clients without a secret take that for a no",
  );
  found.expect(
    metadata["authorization_response_iss_parameter_supported"] === true,
    "iss-parameter",
    "iss comes with authorization responses (RFC 9207)",
    "warning",
    "no authorization_response_iss_parameter_supported: clients can't notice that another server answers in its name",
  );
  found.expect(
    strings(metadata["grant_types_supported"]).includes("refresh_token"),
    "refresh",
    "refresh tokens are supported",
    "warning",
    "grant_types_supported does not have refresh_token: clients send their users to log in again each time",
  );
  found.expect(
    strings(metadata["scopes_supported"]).includes("offline_access"),
    "offline-access",
    "offline_access is advertised",
    "info",
    "offline_access is not in scopes_supported: clients that ask for refresh tokens by it do not ask",
  );
}
