import type { Session } from "../session/index.ts";
import type { Interaction } from "./interaction.ts";

/** Is this login recent enough for what the client asked (prompt, max_age)? */
export function sessionServes(interaction: Interaction, session: Session): boolean {
  const { prompt, maxAge } = interaction.request;
  // A login made within this interaction satisfies every wish for one.
  if (session.cookieId !== interaction.formerCookieId && session.authTime >= interaction.startedAt) return true;
  // OpenID Connect Core §3.1.2.1: prompt=login demands a fresh login, whatever session there is
  if (prompt.includes("login") || prompt.includes("select_account")) return false;
  // OpenID Connect Core §3.1.2.1: no older login than max_age; 0 means now
  return maxAge === undefined || (maxAge > 0 && session.authTime + maxAge >= interaction.startedAt);
}
