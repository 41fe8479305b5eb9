export { runReadModelContract, type ReadModelFactory } from "./read-model.contract.ts";
export { runEphemeralStoreContract, type EphemeralStoreFactory } from "./ephemeral-store.contract.ts";
