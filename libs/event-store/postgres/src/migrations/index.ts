import { log } from "./0001-log.ts";
import type { Migration } from "./migration.ts";

/** In order of version, without a gap. */
export const migrations: readonly Migration[] = [log];

/** What this release works with, no other. */
export const SCHEMA_VERSION = migrations.length;
