export { clean } from "./clean.ts";
export { errorPage, type ErrorPageView } from "./error-page.ts";
export { html, type Html } from "./html.ts";
export { stylesheetEndpoints, stylesheetPath } from "./stylesheet.endpoint.ts";
export { personPage, type PersonPage } from "./person-page.ts";
