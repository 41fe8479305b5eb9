export type { Revocation, RevocationKind } from "./revocation.ts";
export { revocationsOf, revocationTypes, takesAway } from "./revocations.ts";
export { classification, type Classification, type Effect } from "./classification.ts";
