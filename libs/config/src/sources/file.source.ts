import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseDocument } from "yaml";
import type { Environment } from "./environment.source.ts";
import { CONFIG_VARIABLE, errorCode } from "./environment.source.ts";
import type { Tree } from "./raw-settings.ts";
import { isTree } from "./raw-settings.ts";

export interface FileValues {
  readonly tree: Tree;
  /** As named or as found by default; undefined when there is no file. */
  readonly file?: string;
  readonly problems: readonly string[];
}

const DEFAULT_FILE = "grantline.yaml";

/** Reads the file of settings, YAML or JSON (which is YAML too). The default file need not exist, a named one must. */
export function readFile(env: Environment, cwd: string, named: string | undefined): FileValues {
  const name = named ?? (env[CONFIG_VARIABLE] || undefined);
  const file = resolve(cwd, name ?? DEFAULT_FILE);
  if (name === undefined && !existsSync(file)) return { tree: {}, problems: [] };
  try {
    return { ...parse(readFileSync(file, "utf8"), file), file };
  } catch (error) {
    const problem = `${CONFIG_VARIABLE}: found ${JSON.stringify(file)}, which can't be read (${errorCode(error)}); allowed: a readable YAML or JSON file`;
    return { tree: {}, file, problems: [problem] };
  }
}

function parse(content: string, file: string): Pick<FileValues, "tree" | "problems"> {
  // Pretty errors would quote the line, and with it perhaps a secret.
  const document = parseDocument(content, { prettyErrors: false });
  const fault = document.errors[0];
  if (fault) {
    const line = content.slice(0, fault.pos[0]).split("\n").length;
    return { tree: {}, problems: [`${file}: found ${fault.code} in line ${line}; allowed: YAML or JSON`] };
  }
  const tree: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  return isTree(tree)
    ? { tree, problems: [] }
    : { tree: {}, problems: [`${file}: found no keys at the top; allowed: groups of settings, see docs/reference/configuration.md`] };
}
