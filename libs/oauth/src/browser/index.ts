export { browserKey, ensureBrowser, type Browser } from "./browser.ts";
export { clearedCookie, cookie, readCookie } from "./cookies.ts";
export { csrfToken, requireSameSite, requireCsrf } from "./csrf.ts";
