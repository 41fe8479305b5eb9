import {
  authenticateClient,
  type AuthenticatedClient,
  type ClientAuthenticationSources,
  proofEnd,
} from "../client-authentication/index.ts";
import { OAuthError } from "../errors/index.ts";
import { type GrantContext, type GrantType, grantTypes, type Issue } from "../grants/index.ts";
import { CLIENT_PARAMETERS, type Endpoint, formOperation, formParameters, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { createKeptJudgements, type KeptJudgements, questionOf, witnessed } from "../witness/index.ts";
import { tokenResponse } from "./token.response.ts";

export type TokenEndpointContext = GrantContext & ClientAuthenticationSources;

/** POST /token (OAuth 2.1 §3.2). */
export function tokenEndpoints(context: TokenEndpointContext): readonly Endpoint[] {
  const judged = createKeptJudgements<Judged>();
  return [
    {
      id: "token",
      method: "POST",
      path: `${context.settings.basePath}/token`,
      accepts: "form",
      cors: true,
      audience: "program",
      openapi: formOperation({
        summary: "Exchange a grant for tokens (OAuth 2.1 §3.2)",
        parameters: [...new Set(["grant_type", ...CLIENT_PARAMETERS, ...[...grantTypes.values()].flatMap((grant) => grant.parameters)])],
        required: ["grant_type"],
        answers: { "200": "The tokens." },
      }),
      handle: (request) => {
        const question = worthKeeping(request.body) ? questionOf(request) : undefined;
        const kept = question === undefined ? undefined : judged.find(question, context.clock.now());
        return kept === undefined ? answerToken(context, request, question, judged) : issued(context, request, kept);
      },
    },
  ];
}

/** Grant types whose judgement may be kept; the digest of a request is only made for these. */
const JUDGED = [...grantTypes.values()].filter(({ judge }) => judge !== undefined).map(({ grantType }) => `grant_type=${grantType}`);

function worthKeeping(body = ""): boolean {
  return JUDGED.some((each) => body.includes(each));
}

/** A client that has proven itself and what it may have. */
interface Judged {
  readonly issue: Issue;
  readonly headers: AuthenticatedClient["headers"];
}

/** Everything a judgement reads that may change. */
const WITNESSED = ["clients", "subjects", "resources"] as const;

async function answerToken(
  plain: TokenEndpointContext,
  request: HttpRequest,
  question: string | undefined,
  kept: KeptJudgements<Judged>,
): Promise<HttpResponse> {
  const params = formParameters(request.body);
  const grant = grantOf(params.get("grant_type"));
  if (grant.judge === undefined) {
    const client = await authenticateClient(plain, request, params);
    requireAllowed(client, grant);
    return tokenResponse(await grant.handle(plain, { request, params, client }), client.headers);
  }
  const { context, holds } = witnessed(plain, WITNESSED);
  const client = await authenticateClient(context, request, params);
  requireAllowed(client, grant);
  const judged = { issue: await grant.judge(context, { params, client }), headers: client.headers };
  const until = proofEnd(context, client);
  if (question !== undefined && until !== undefined) kept.keep(question, { value: judged, until, holds });
  return issued(plain, request, judged);
}

async function issued(context: TokenEndpointContext, request: HttpRequest, { issue, headers }: Judged): Promise<HttpResponse> {
  return tokenResponse(await issue(context, request), headers);
}

function grantOf(name: string | undefined): GrantType {
  if (name === undefined) throw new OAuthError("invalid_request", "parameter-missing", "grant_type is required.");
  const grant = grantTypes.get(name);
  // RFC 6749 §5.2; the password grant is among those that do not exist here (RFC 9700 §2.4)
  if (grant === undefined) throw new OAuthError("unsupported_grant_type", "grant-type-unsupported", "This grant_type is not supported.");
  return grant;
}

function requireAllowed(client: AuthenticatedClient, grant: GrantType): void {
  // RFC 6749 §5.2: a client uses only the grant types it is registered for
  if (!client.state.metadata.grant_types.includes(grant.grantType)) {
    throw new OAuthError("unauthorized_client", "grant-type-not-allowed", `This client is not registered for ${grant.grantType}.`);
  }
}
