import { withoutSecrets } from "../environment/environment-store.ts";
import { SecretStoreAbsent, SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import type { Secret, SecretStore, StoreHealth } from "../port.ts";
import { secretName, type SecretName } from "../secret-name.ts";
import { checkExpiry, checkValue } from "../secret-value.ts";
import { fromText, toText } from "../text-record.ts";
import { runTool, type ToolResult } from "./run-tool.ts";

const STORE = "docker-desktop";
/** The tool may ask its person to agree; an unattended call must not wait for that for ever. */
const TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 300_000;

export interface DockerDesktopOptions {
  /** The program. Default `docker`, looked for in PATH. */
  readonly tool?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly timeoutMs?: number;
}

/**
 * Docker Desktop's keychain through its own tool, `docker pass`. Values go in by standard input and come out by standard output; names are checked, so no
 * argument can be an option or a path. Without the tool the store is absent: it has no secret, and nothing is wrong.
 */
export function dockerDesktopStore({ tool = "docker", env, clock, timeoutMs = TIMEOUT_MS }: DockerDesktopOptions): SecretStore {
  const clean = withoutSecrets(env);
  let absentUntilMs = 0;

  /** Undefined: there is no such tool. */
  async function pass(args: readonly string[], input?: string): Promise<ToolResult | undefined> {
    if (performance.now() < absentUntilMs) return undefined;
    const result = await runTool({
      command: tool,
      args: ["pass", ...args],
      env: clean,
      timeoutMs,
      ...(input === undefined ? {} : { input }),
    });
    if (!isMissing(result)) return result;
    absentUntilMs = performance.now() + LOOK_AGAIN_MS;
    return undefined;
  }

  async function get(name: SecretName): Promise<Secret | undefined> {
    let result = await pass(["get", "--reveal", name]);
    // before 2026 the tool showed values unasked, and does not know the option
    if (result?.code !== 0 && /unknown flag/i.test(result?.error ?? "")) result = await pass(["get", name]);
    if (result === undefined || isNotFound(result)) return undefined;
    if (result.code !== 0) throw unavailable("get", result);
    const value = /^ID: [^\n]*\nValue: ([^]*)\n$/.exec(result.out)?.[1];
    if (value === undefined || /^\*+$/.test(value)) throw new SecretUnreadable(STORE, "the tool did not show the value");
    const found = fromText(value, STORE);
    return found && { ...found, store: STORE };
  }

  async function names(): Promise<readonly SecretName[]> {
    const result = await pass(["ls"]);
    if (result === undefined) return [];
    if (result.code !== 0) throw unavailable("ls", result);
    // some releases list on standard error
    return [...new Set(`${result.out}\n${result.error}`.split("\n").flatMap(nameOf))].sort();
  }

  return {
    name: STORE,
    writable: true,
    get: async (text) => get(secretName(text)),
    set: async (text, value, options = {}) => {
      const name = secretName(text);
      checkValue(value);
      checkExpiry(options.expiresAt);
      const { text: content, metadata } = toText(value, options, clock.now());
      const result = await pass(["set", name], content);
      if (result === undefined) throw absent();
      if (result.code !== 0) throw unavailable("set", result);
      return metadata;
    },
    delete: async (text) => {
      const result = await pass(["rm", secretName(text)]);
      if (result === undefined || isNotFound(result)) return false;
      if (result.code !== 0) throw unavailable("rm", result);
      return true;
    },
    list: async () => (await names()).map((name) => ({ name, store: STORE })),
    health: () => healthOf(() => pass(["ls"])),
    close: async () => undefined,
  };
}

async function healthOf(look: () => Promise<ToolResult | undefined>): Promise<readonly StoreHealth[]> {
  const result = await look();
  if (result === undefined) return [{ store: STORE, status: "absent", writable: true, detail: "there is no docker pass here" }];
  if (result.code === 0) return [{ store: STORE, status: "ready", writable: true }];
  return [{ store: STORE, status: "degraded", writable: true, detail: unavailable("ls", result).message }];
}

/** No program, or a docker without the plugin. */
function isMissing({ failed, code, error }: ToolResult): boolean {
  return failed !== undefined || (code !== 0 && /unknown command|is not a docker command/i.test(error));
}

function isNotFound({ code, out, error }: ToolResult): boolean {
  return code !== 0 && /not found/i.test(`${out}${error}`);
}

/** What the tool said is not repeated: nobody knows whether it quotes what it was given. */
function unavailable(verb: string, { code, timedOut }: ToolResult): SecretStoreUnavailable {
  return new SecretStoreUnavailable(STORE, `docker pass ${verb} ${timedOut ? "did not end in time" : `ended with ${code ?? "a signal"}`}`);
}

function absent(): SecretStoreAbsent {
  return new SecretStoreAbsent(STORE, "there is no docker pass here");
}

function nameOf(line: string): readonly SecretName[] {
  try {
    return [secretName(line.trim())];
  } catch {
    // somebody else's entry
    return [];
  }
}
