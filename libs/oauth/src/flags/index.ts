export { capabilityOff, requireCapability } from "./require-capability.ts";
