export * from "./port.ts";
export { developmentKek } from "./folder/development-kek.ts";
export type { KekSource } from "./folder/kek.ts";
export { KeyFolderError } from "./folder/key-folder-error.ts";
export type { KeyFolder, KeyFolderOptions } from "./folder/open-key-folder.ts";
export { openKeyFolder } from "./folder/open-key-folder.ts";
export type { KeyringService, KeyringServiceOptions } from "./keyring/keyring-service.ts";
export { createKeyringService } from "./keyring/keyring-service.ts";
export type { KeySchedule } from "./keyring/schedule.ts";
