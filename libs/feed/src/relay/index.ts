export { CHECKPOINT } from "./checkpoint.ts";
export { createRelay } from "./relay.ts";
export type { Relay, RelayMetrics, RelayOptions, RelayStatus } from "./relay.port.ts";
