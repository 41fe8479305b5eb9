import { LRUCache } from "lru-cache";
import { OAuthError } from "@grantline/oauth/errors";
import { type Endpoint, type HttpRequest, type HttpResponse, queryParameters } from "@grantline/oauth/http";
import type { OAuthContext } from "@grantline/oauth/context";
import { statusListUri } from "@grantline/oauth/tokens";
import { judgeList, type ListSources } from "./judge-list.ts";

export type StatusListContext = ListSources & Pick<OAuthContext, "settings">;

const TYPE = "application/statuslist+jwt";
/** How long a validator may keep a list, seconds: what P5 can't promise to those who do not listen. */
const TTL = 60;
/** After so long it must not be believed at all, even if no newer one can be had. */
const LASTS = 300;
/** A list is judged at most once in so long, whoever asks: longer for one that takes longer, so that it is never more than a twentieth of the time. */
const KEPT_AT_LEAST_MS = 1_000;
const KEPT_AT_MOST_MS = 5_000;
const SHARE = 20;
const MOST_KEPT = 500;

type Answer = Promise<string | undefined>;

/** GET /status/{list}: a Status List Token (draft-ietf-oauth-status-list §5.1, §8). Public, as lists are: they say nothing but bits. */
export function statusListEndpoint(context: StatusListContext): Endpoint {
  const kept = new LRUCache<string, Answer>({ max: MOST_KEPT, ttl: KEPT_AT_MOST_MS });
  return {
    id: "status-list",
    method: "GET",
    path: `${context.settings.basePath}/status/:list`,
    cors: true,
    audience: "program",
    openapi: {
      summary: "A Token Status List (draft-ietf-oauth-status-list)",
      responses: {
        "200": { description: "The signed list." },
        "4XX": { description: "There is no such list, or not in that form." },
        "501": { description: "Lists of the past are not kept." },
        "503": { description: "The list can't be judged right now." },
      },
    },
    handle: (request) => answer(context, kept, request),
  };
}

async function answer(context: StatusListContext, kept: LRUCache<string, Answer>, request: HttpRequest): Promise<HttpResponse> {
  // §8.4: a list of the past is not kept; the server says that it does not do this
  if (queryParameters(request.query).get("time") !== undefined)
    throw new OAuthError("invalid_request", "parameter-malformed", "Lists of the past are not kept.", { status: 501 });
  if (!acceptable(request.headers["accept"]))
    throw new OAuthError("invalid_request", "content-type-unsupported", `Only ${TYPE} is served.`, { status: 406 });
  const { list = "" } = request.params;
  let made = kept.get(list);
  if (made === undefined) {
    const startedMs = performance.now();
    made = statusListToken(context, list);
    kept.set(list, made);
    const keepOn = (answered: Answer): void => {
      const ttl = Math.max(KEPT_AT_LEAST_MS, Math.min(KEPT_AT_MOST_MS, SHARE * (performance.now() - startedMs)));
      if (kept.peek(list) === answered) kept.set(list, answered, { ttl });
    };
    // what failed is tried again by the next who asks
    made.then(keepOn.bind(undefined, made), () => kept.delete(list));
  }
  const jwt = await made;
  if (jwt === undefined) throw new OAuthError("invalid_request", "not-found", "There is no such status list.", { status: 404 });
  return { status: 200, headers: { "content-type": TYPE, "cache-control": `public, max-age=${TTL}` }, body: jwt };
}

/** §5.1: typ of its own, the list's URI as `sub`, when it was made and how long it may be kept. */
async function statusListToken(context: StatusListContext, list: string): Answer {
  // read before judging: what is acknowledged meanwhile may be missing, what was before is not
  const iat = context.clock.now();
  await context.signer.current();
  const bits = await judgeList(context, list);
  if (bits === undefined) return undefined;
  const claims = {
    iss: context.settings.issuer,
    sub: statusListUri(context.settings, list),
    iat,
    exp: iat + LASTS,
    ttl: TTL,
    status_list: { bits: 1, lst: bits.encoded() },
  };
  return context.signer.sign(claims, { typ: "statuslist+jwt" }).jwt;
}

function acceptable(accept: string | string[] | undefined): boolean {
  return typeof accept !== "string" || accept === "" || accept.includes(TYPE) || accept.includes("*/*") || accept.includes("application/*");
}
