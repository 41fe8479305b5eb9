import type { Session } from "../session/index.ts";

/** What the form token is bound to: this request, as this login. Who logs in as another person meanwhile allows nothing for them. */
export function consentForm(interactionId: string, session: Session): string {
  return `consent:${interactionId}:${session.cookieId}`;
}
