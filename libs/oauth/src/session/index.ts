export { loginUrl, openLoginReturn } from "./login-return.ts";
export { clearSessionCookie, readSession, sessionCookie, startSession, type Session } from "./session.ts";
