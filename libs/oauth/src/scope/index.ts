export { formatScope, IDENTITY_SCOPES, isIdentityScope, parseOptionalScope, parseScope } from "./scope.ts";
