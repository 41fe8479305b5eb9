export {
  createRevocationFollower,
  type FeedCredentials,
  type FollowedRevocation,
  type RevocationFollower,
  type RevocationFollowerOptions,
} from "./follower.ts";
export { createIntrospector, type Introspect, type IntrospectorOptions } from "./introspector.ts";
export { createLocalValidator, type LocalValidator, type LocalValidatorOptions, ValidatorUnavailable, type Verdict } from "./validator.ts";
export type { TokenFacts } from "./known-revocations.ts";
