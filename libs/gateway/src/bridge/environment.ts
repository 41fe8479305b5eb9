/** Ours, and what changes how a program is loaded: never for a program of somebody else's. */
const WITHHELD = /^(?:GRANTLINE_|NODE_|LD_|DYLD_|BASH_|npm_)/i;

/**
 * The environment of a stdio server: where programs are, and the variables its definition names. The SDK adds HOME, LOGNAME, PATH, SHELL, TERM and USER
 * of this process, and nothing else.
 */
export function bridgeEnvironment(names: readonly string[], environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !WITHHELD.test(name)) given[name] = value;
  }
  return given;
}
