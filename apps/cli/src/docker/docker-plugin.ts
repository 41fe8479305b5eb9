import { basename } from "node:path";

/** What Docker asks every plugin first (Docker CLI Plugin Spec). */
export const METADATA_COMMAND = "docker-cli-plugin-metadata";

export function pluginMetadata(version: string): string {
  const metadata = {
    SchemaVersion: "0.1.0",
    Vendor: "Grantline",
    Version: version,
    ShortDescription: "OAuth for MCP: servers, connections, clients, audit",
  };
  return `${JSON.stringify(metadata)}\n`;
}

/**
 * The arguments that are ours. Docker calls `docker-{name} [its own global options] {name} …`: everything up to the name is dropped. Called by any other name the
 * arguments are as they came.
 */
export function ownArguments(program: string, args: readonly string[]): readonly string[] {
  const [, plugin] = /^docker-(.+?)(\.exe|\.mjs|\.js)?$/.exec(basename(program)) ?? [];
  const at = plugin === undefined ? -1 : args.indexOf(plugin);
  return at === -1 ? args : args.slice(at + 1);
}
