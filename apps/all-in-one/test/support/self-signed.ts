/** Lives with the other means of testing; kept here for the tests that import it. */
export { selfSignedLocalhost } from "@grantline/testing";
