export { type KeyVaultStandIn, type StandInOptions, startKeyVaultStandIn, type Trouble } from "./stand-in.ts";
