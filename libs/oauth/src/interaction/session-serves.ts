import type { Session } from "../session/index.ts";
import type { Interaction } from "./interaction.ts";

/** Was the login made on this interaction's behalf, at least since it began? */
function madeWithin(interaction: Interaction, session: Session): boolean {
  return session.cookieId !== interaction.formerCookieId && session.authTime >= interaction.startedAt;
}

/** Has somebody logged in for this interaction who is not whom the client named (id_token_hint)? */
export function anotherPerson(interaction: Interaction, session: Session): boolean {
  return !isHinted(interaction, session) && madeWithin(interaction, session);
}

function isHinted({ request: { hintedSubject } }: Interaction, session: Session): boolean {
  return hintedSubject === undefined || hintedSubject === session.subject;
}

/** Is this login of whom the client asked for (id_token_hint), and recent enough (prompt, max_age)? */
export function sessionServes(interaction: Interaction, session: Session): boolean {
  const { prompt, maxAge } = interaction.request;
  // OpenID Connect Core §3.1.2.1: whom the hint names, or nobody
  if (!isHinted(interaction, session)) return false;
  // A login made within this interaction satisfies every wish for one.
  if (madeWithin(interaction, session)) return true;
  // OpenID Connect Core §3.1.2.1: prompt=login demands a fresh login, whatever session there is
  if (prompt.includes("login") || prompt.includes("select_account")) return false;
  // OpenID Connect Core §3.1.2.1: no older login than max_age; 0 means now
  return maxAge === undefined || (maxAge > 0 && session.authTime + maxAge >= interaction.startedAt);
}
