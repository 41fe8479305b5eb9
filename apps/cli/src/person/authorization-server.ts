import * as oauth from "oauth4webapi";
import { CommandFailed } from "../failure.ts";

export const CLIENT: oauth.Client = { client_id: "grantline-cli" };
const TIMEOUT_MS = 15_000;

export interface Server {
  readonly issuer: string;
  readonly metadata: oauth.AuthorizationServer;
}

/** Options of every request to it: plain http on this machine only. */
export function requestOptions(issuer: string): { readonly signal: () => AbortSignal; readonly [oauth.allowInsecureRequests]: boolean } {
  return { signal: () => AbortSignal.timeout(TIMEOUT_MS), [oauth.allowInsecureRequests]: isLoopback(new URL(issuer)) };
}

/** Reads the server's metadata (RFC 8414); its issuer must be the very one we asked for. */
export async function discover(issuer: string): Promise<Server> {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined) throw new CommandFailed(`${issuer} is no URL; give the issuer of the server`);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url)))
    throw new CommandFailed(`${issuer}: tokens go over https only, or to this machine`);
  const response = await asked(issuer, () => oauth.discoveryRequest(url, { algorithm: "oauth2", ...requestOptions(issuer) }));
  const metadata = await asked(issuer, () => oauth.processDiscoveryResponse(url, response));
  return { issuer, metadata };
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || /^127\.|^\[::1\]$/.test(hostname);
}

/** Does it, and puts what goes wrong into one line: what the server said (1), or that it can't be reached (2). */
export async function asked<T>(issuer: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandFailed || error instanceof oauth.ResponseBodyError) throw error;
    if (error instanceof oauth.AuthorizationResponseError)
      throw new CommandFailed(`not logged in: ${said(error.error, error.error_description)}`, 1);
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError)
      throw new CommandFailed(`${issuer}: ${error.message}`, 1);
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : error instanceof Error ? error.message : "";
    throw new CommandFailed(`no answer from ${issuer} (${cause}). Is the server running there? Give --issuer.`);
  }
}

/** Likewise, where an error of the server ends the command. */
export async function granted<T>(issuer: string, work: () => Promise<T>): Promise<T> {
  try {
    return await asked(issuer, work);
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError)
      throw new CommandFailed(`${issuer} says ${said(error.error, error.error_description)}`, 1);
    throw error;
  }
}

function said(code: string, description: string | undefined): string {
  return description === undefined ? code : `${code}: ${description}`;
}
