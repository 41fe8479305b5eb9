export { createLeases } from "./leases.ts";
export { type HeldDuty, type Lease, LeaseLost, type Leases, type LeasesOptions, type LeaseTimings } from "./lease.port.ts";
