export { requireDeviceGrantOn } from "./device-grant-on.ts";
export { administrationByDevice, deviceResources, deviceScopes } from "./device-scopes.ts";
export { INTERVAL, inTime, slowDownsOf } from "./pace.ts";
export { findByUserCode, findPending, keepPending, type PendingDevice } from "./pending-device.ts";
export { readUserCode, showUserCode } from "./user-code.ts";
