import { authorizationUrl, pkce } from "@grantline/testing";
import { ask, unknown, type Answer } from "./exchange.ts";
import type { History, Issued } from "./history.ts";
import type { Seeded } from "./seeded.ts";
import { SCOPE, USER, type Stage } from "./stage.ts";

export interface Acting {
  readonly stage: Stage;
  readonly history: History;
  readonly random: Seeded;
}

/** One turn of one user. */
export type Turn = () => Promise<void>;

const REDIRECT = "https://client.example/callback";

/** Takes tokens for itself; those it was given are remembered. */
export function issuing({ stage, history, random }: Acting): Turn {
  return async () => {
    const audience = random.pick(stage.resources) as Stage["resources"][number];
    const form = { grant_type: "client_credentials", scope: SCOPE, resource: audience.uri };
    const answer = await ask(history, "token", { url: `${stage.issuer}/token`, form, authorization: stage.machine });
    const token = answer.body["access_token"];
    if (answer.status === 200 && typeof token === "string") history.tokens.push({ token, audience, issuedMs: performance.now() });
    else refusedOnlyCleanly(history, "token", answer);
  };
}

/** Asks about tokens that live and about some that were revoked, and judges each answer by what was acknowledged before. */
export function introspecting({ stage, history, random }: Acting): Turn {
  return async () => {
    const issued = random.pick(
      random.fraction() < 0.3 ? history.tokens.filter(({ revokedMs }) => revokedMs !== undefined) : history.tokens,
    );
    if (issued !== undefined) await introspectOnce({ stage, history }, issued, stage.issuer);
  };
}

/** P5: what was revoked before the question came is not active; P7: what was never revoked is not said to be. */
export async function introspectOnce(
  { stage, history }: Pick<Acting, "history" | "stage">,
  issued: Issued,
  issuer: string,
): Promise<Answer> {
  const revoked = issued.revokedMs !== undefined;
  const askedMs = performance.now();
  const { token, audience } = issued;
  const { authorization } = audience;
  const answer = await ask(history, "introspect", {
    url: `${issuer}/introspect`,
    form: { token },
    authorization,
    direct: issuer !== stage.issuer,
  });
  const { active } = answer.body;
  if (answer.status !== 200) refusedOnlyCleanly(history, "introspect", answer);
  else if (revoked && active !== false)
    history.broken(
      `a token was active at ${issuer} ${Math.round(askedMs - (issued.revokedMs ?? 0))} ms after its revocation was acknowledged`,
    );
  else if (issued.revokingMs === undefined && active !== true)
    history.broken(`an acknowledged token nobody revoked was not active at ${issuer}`);
  return answer;
}

/** Revokes until it is acknowledged, then asks every instance at once whether it knows. */
export function revoking({ stage, history, random }: Acting): Turn {
  let going: Issued | undefined;
  return async () => {
    going ??= random.pick(history.tokens.filter(({ revokingMs }) => revokingMs === undefined));
    if (going === undefined) return;
    const issued = going;
    issued.revokingMs ??= performance.now();
    const answer = await ask(history, "revoke", {
      url: `${stage.issuer}/revoke`,
      form: { token: issued.token },
      authorization: stage.machine,
    });
    if (answer.status !== 200) return refusedOnlyCleanly(history, "revoke", answer);
    issued.revokedMs = performance.now();
    going = undefined;
    await Promise.all(stage.instances.map((origin) => introspectOnce({ stage, history }, issued, issuerAt(stage, origin))));
  };
}

/** One family of refresh tokens. An answer that got lost is asked for again with the same token (P4). */
export function refreshing(acting: Acting): Turn {
  const { stage, history } = acting;
  let refreshToken: string | undefined;
  const url = `${stage.issuer}/token`;
  return async () => {
    if (refreshToken === undefined) {
      const code = await obtainCode(acting);
      if (code === undefined) return;
      const first = await ask(history, "code", { url, form: redemption(stage, code) });
      refreshToken = first.status === 200 ? String(first.body["refresh_token"]) : undefined;
      return;
    }
    const form = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: stage.client.client_id };
    const answer = await ask(history, "refresh", { url, form });
    if (answer.status === 200) refreshToken = String(answer.body["refresh_token"]);
    else if (!unknown(answer)) {
      refusedOnlyCleanly(history, "refresh", answer);
      refreshToken = undefined;
    }
  };
}

/** Two redeem one code at the same moment, at different instances: at most one is served (P2). */
export function racing(acting: Acting): Turn {
  const { stage, history } = acting;
  return async () => {
    const code = await obtainCode(acting);
    if (code === undefined) return;
    const answers = await Promise.all(
      stage.instances.map((origin) =>
        ask(history, "code", { url: `${issuerAt(stage, origin)}/token`, form: redemption(stage, code), direct: true }),
      ),
    );
    if (answers.filter(({ status }) => status === 200).length > 1) history.broken("a code was redeemed twice");
  };
}

/** Registers clients (RFC 7591) and remembers those it was promised. */
export function registering({ stage, history }: Acting): Turn {
  return async () => {
    const json = { client_name: "Registered during a fault", redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" };
    const answer = await ask(history, "register", { url: `${stage.issuer}/register`, json });
    const { registration_client_uri: uri, registration_access_token: accessToken } = answer.body;
    if (answer.status === 201) history.clients.push({ uri: String(uri), accessToken: String(accessToken) });
    else refusedOnlyCleanly(history, "register", answer);
  };
}

interface Code {
  readonly code: string;
  readonly verifier: string;
}

/** From somebody who is logged in and has consented, so one redirect. Undefined when that failed. */
async function obtainCode({ stage, history }: Acting): Promise<Code | undefined> {
  const { verifier, challenge } = pkce();
  const resource = stage.resources[0]?.uri ?? "";
  const startMs = performance.now();
  const url = authorizationUrl({ issuer: stage.issuer, client: stage.client, scope: SCOPE, resource }, challenge);
  try {
    const callback = await stage.person.authorize(url, USER);
    const code = callback.searchParams.get("code");
    history.add({ operation: "code", startMs, endMs: performance.now(), status: code === null ? 503 : 302 });
    return code === null ? undefined : { code, verifier };
  } catch (error) {
    // a page that says 503, or no answer at all
    const status = Number(/unexpected page \((\d+)\)/.exec(String(error))?.[1] ?? 0);
    history.add({ operation: "code", startMs, endMs: performance.now(), status: status === 0 ? "no answer" : status });
    return undefined;
  }
}

function redemption(stage: Stage, { code, verifier }: Code): Readonly<Record<string, string>> {
  return { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: REDIRECT, client_id: stage.client.client_id };
}

export function issuerAt(stage: Stage, origin: string): string {
  return `${origin}${new URL(stage.issuer).pathname}`;
}

/** All that is asked here is right, so a 4xx would be a wrong answer, and not a failure. */
function refusedOnlyCleanly(history: History, operation: string, answer: Answer): void {
  const { correlation_id: _own, ...said } = answer.body;
  if (!unknown(answer)) history.broken(`${operation}: a right request was refused: ${answer.status} ${JSON.stringify(said)}`);
}
