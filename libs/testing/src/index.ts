export { Person, type PersonOptions, type Step } from "./person.ts";
export { ADMIN_SECRET, freePort, startTestPlatform, type TestPlatform, type TestPlatformOptions } from "./test-platform.ts";
export { TestAdmin } from "./test-admin.ts";
export { ServerProcess } from "./server-process.ts";
export * from "./authorization.ts";
