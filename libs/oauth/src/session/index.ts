export { clearSessionCookie, readSession, sessionCookie, startSession, type Session } from "./session.ts";
