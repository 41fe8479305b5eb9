import type { StoredEvent } from "@grantline/event-store";
import {
  register,
  startTestPlatform,
  watchSecrets,
  type Registered,
  type SecretWatch,
  type TestPlatform,
  type TestPlatformOptions,
} from "@grantline/testing";

export const CALLBACK = "https://client.example/callback";
export const RESOURCE = "https://notes.example/mcp";
export const OTHER_RESOURCE = "https://files.example/mcp";
/** Long enough to be searched for in logs and files. */
export const PASSWORD = "correct-horse-battery-staple";
export const SECOND_PASSWORD = "wrong-donkey-charger-paperclip";
const DAY = 86_400;

/** A server of its own for one file of cases, with two resources and the kinds of client the cases need. */
export interface World {
  readonly server: TestPlatform;
  readonly issuer: string;
  readonly watch: SecretWatch;
  /** Resource-server clients of RESOURCE and OTHER_RESOURCE. */
  readonly rs: { readonly resource_id: string; readonly client_id: string; readonly client_secret: string };
  readonly otherRs: { readonly resource_id: string; readonly client_id: string; readonly client_secret: string };
  /** Public, registered by the operator: errors reach it by redirect. */
  readonly app: Registered;
  /** Public, registered by itself: nobody vouches for its redirect URI. */
  readonly stranger: Registered;
  /** Confidential, with a secret. */
  readonly web: Registered & { readonly client_secret: string };
  /** For itself only: client_credentials. */
  readonly machine: Registered & { readonly client_secret: string };
  /** Every refusal a case saw, `endpoint reason`: the security log must hold them all. */
  readonly refusals: Set<string>;
}

/** Starts at a fixed moment; access tokens of the admin live for a day, so that cases may move the clock. */
export async function startWorld(options: TestPlatformOptions = {}): Promise<World> {
  const watch = watchSecrets();
  const env = {
    GRANTLINE_DEV_USERS: `demo:${PASSWORD},second:${SECOND_PASSWORD}`,
    GRANTLINE_LIFETIME_SERVICE_ACCESS_TOKEN: String(DAY),
    ...options.env,
  };
  const server = await startTestPlatform({ frozenAt: 1_800_000_000, ...options, env });
  const rs = await server.admin.resource(RESOURCE, ["notes:read", "notes:write"]);
  const otherRs = await server.admin.resource(OTHER_RESOURCE, ["files:read"]);
  const app = await clientOf(server, { client_name: "Notes app", token_endpoint_auth_method: "none" });
  const web = await clientOf(server, { client_name: "Web app", token_endpoint_auth_method: "client_secret_basic" });
  const machine = await server.admin.machine();
  const stranger = await register(server.issuer);
  return {
    server,
    issuer: server.issuer,
    watch,
    rs,
    otherRs,
    app,
    stranger,
    web: web as World["web"],
    machine: machine as World["machine"],
    refusals: new Set(),
  };
}

/** A client an operator registered for the code flow. */
export function clientOf(server: TestPlatform, metadata: object): Promise<Registered> {
  return server.admin.call<Registered>("POST", "/clients", {
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code", "refresh_token"],
    ...metadata,
  });
}

/** Runs something that must leave the log as it is (what strangers cause is counted apart, P13). */
export async function unchanged<T>(world: World, work: () => Promise<T>): Promise<T> {
  const before = await world.server.context.store.head();
  const result = await work();
  const after = await world.server.context.store.readAll(before, 10);
  if (after.length > 0) throw new Error(`the log grew: ${after.map(({ stream, type }) => `${stream} ${type}`).join(", ")}`);
  return result;
}

/** Events appended while `work` ran, by type. */
export async function eventsDuring<T>(
  world: World,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly events: readonly StoredEvent[]; readonly types: readonly string[] }> {
  const before = await world.server.context.store.head();
  const result = await work();
  const events = await world.server.context.store.readAll(before, 1000);
  return { result, events, types: events.map(({ type }) => type) };
}

interface LogLine {
  readonly correlationId?: string;
  readonly reason?: string;
  readonly endpoint?: string;
  readonly msg?: string;
}

/** The private reason in the log line of this very answer, and the endpoint. */
export function refusedAs(
  world: World,
  response: Response,
): { readonly reason: string | undefined; readonly endpoint: string | undefined } {
  const id = response.headers.get("x-correlation-id");
  const lines = world.server
    .logs()
    .split("\n")
    .filter((line) => id !== null && line.includes(id) && line.includes('"refused"'));
  const line = lines.length === 0 ? undefined : (JSON.parse(lines[0] as string) as LogLine);
  return { reason: line?.reason, endpoint: line?.endpoint };
}

export function advance(world: World, seconds: number): void {
  world.server.advance(seconds);
}
