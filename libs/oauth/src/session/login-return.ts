import type { OAuthContext } from "../context/index.ts";

const PURPOSE = "login-return";
const LIFETIME = 3_600;

interface LoginReturn {
  readonly path: string;
  readonly exp: number;
}

/** Where a page of ours sends whoever is not logged in; afterwards the browser comes back to `path`, which we sealed ourselves. */
export function loginUrl(context: Pick<OAuthContext, "seals" | "clock" | "settings">, path: string): string {
  const value: LoginReturn = { path, exp: context.clock.now() + LIFETIME };
  return `${context.settings.basePath}/login?return=${encodeURIComponent(context.seals.seal(PURPOSE, value))}`;
}

/** The path sealed by `loginUrl`; undefined when it was not, or has ended. */
export function openLoginReturn(context: Pick<OAuthContext, "seals" | "clock">, sealed: string): string | undefined {
  const opened = context.seals.open<LoginReturn>(PURPOSE, sealed);
  return opened === undefined || opened.exp <= context.clock.now() ? undefined : opened.path;
}
