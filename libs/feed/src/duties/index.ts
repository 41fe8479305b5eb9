export { type LeasedDuties, type LeasedDutiesOptions, type LeasedDuty, startLeasedDuties } from "./leased-duties.ts";
export { signingKeysDuty } from "./signing-keys.ts";
export { endingSecretsDuty, type EndingSecretsOptions } from "./ending-secrets.ts";
