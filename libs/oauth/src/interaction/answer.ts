import type { OAuthContext } from "../context/index.ts";
import type { OAuthError } from "../errors/index.ts";
import { redirect, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { withParameters } from "../redirect-uri/index.ts";
import { formPostPage } from "./form-post.page.ts";

/** Where the client gets its answer, and how. */
export interface AnswerTarget {
  readonly redirectUri: string;
  readonly state?: string | undefined;
  /** Absent: in the query of a redirect. */
  readonly responseMode?: "form_post" | undefined;
}

/** Parameters of an authorization response; what is undefined is left out. */
export type AnswerParameters = Readonly<Record<string, string | undefined>>;

type Settings = Pick<OAuthContext["settings"], "issuer">;

/** What a client is told that was granted something (RFC 6749 §4.1.2). */
export function successParameters(settings: Settings, target: AnswerTarget, code: string): AnswerParameters {
  // RFC 9207 §2: iss on every authorization response, byte for byte as published
  return { code, state: target.state, iss: settings.issuer };
}

/** What one is told that was not (RFC 6749 §4.1.2.1). */
export function errorParameters(
  settings: Settings,
  target: AnswerTarget,
  error: Pick<OAuthError, "code" | "description">,
): AnswerParameters {
  // RFC 9207 §2: errors too
  return { error: error.code, error_description: error.description, state: target.state, iss: settings.issuer };
}

/** Sends the browser to the client with its answer. */
export function answerClient(
  context: Pick<OAuthContext, "settings">,
  request: Pick<HttpRequest, "method">,
  target: AnswerTarget,
  parameters: AnswerParameters,
): HttpResponse {
  if (target.responseMode === "form_post") return formPostPage(context, target.redirectUri, parameters);
  const location = withParameters(target.redirectUri, parameters);
  return request.method === "POST" ? seeOther(location) : redirect(location);
}
