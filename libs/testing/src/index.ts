export { Person, type PersonOptions, type Step } from "./person.ts";
export { ADMIN_SECRET, freePort, startTestPlatform, type TestPlatform, type TestPlatformOptions } from "./test-platform.ts";
export { TestAdmin } from "./test-admin.ts";
export { ServerProcess } from "./server-process.ts";
export { keptBy, onSharedEngines, type Kept } from "./kept.ts";
export { selfSignedLocalhost } from "./self-signed.ts";
export { secretScan, type SecretScan } from "./secret-scan.ts";
export { watchSecrets, type SecretWatch } from "./secret-watch.ts";
export * from "./authorization.ts";
