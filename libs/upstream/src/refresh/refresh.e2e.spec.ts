// Real: the server, its event store, the secret store. Stood in for: a GitHub App, whose refresh tokens can be used once. "Processes" share the log, the secret
// store and the clock, and nothing in memory.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SecretStoreUnavailable } from "@grantline/secrets";
import { ADMIN_SECRET, onSharedEngines, startTestPlatform, TestAdmin, type Person, type TestPlatform } from "@grantline/testing";
import { connect, gatewayApiOf, type GatewayApi } from "../testing/connect.fixture.ts";
import { processBeside, type Process } from "../testing/second-process.fixture.ts";
import { startStandInProvider, type StandInProvider } from "../testing/stand-in-provider.ts";
import type { UpstreamAccess } from "../upstream.port.ts";

const HOUR = 3_600;
const meta = { correlationId: "test", actor: { kind: "user", id: "test" } } as const;
let github: StandInProvider;
let platform: TestPlatform;
let person: Person;
let api: GatewayApi;
let secrets: Record<string, string>;
let env: Record<string, string>;
let user: string;
const open: Process[] = [];

beforeAll(async () => {
  github = await startStandInProvider("github-app");
  secrets = { OAUTH__GITHUB__APP__CLIENT_SECRET: github.clientSecret };
  env = {
    GRANTLINE_GATEWAY_PROVIDERS: JSON.stringify([
      { name: "github", kind: "github-app", clientId: github.clientId, authority: github.authority },
    ]),
    GRANTLINE_SECRETS_ORDER: "environment,file",
  };
  platform = await startTestPlatform({
    frozenAt: 1_900_000_000,
    secrets,
    env,
  });
  await platform.admin.call("POST", "/servers", { name: "github", url: `${github.authority}/mcp`, provider: "github" });
});
afterAll(async () => {
  await Promise.all(open.map((each) => each.secrets.close()));
  await platform.close();
  await github.close();
});
/** Connected anew, with tokens that are about to end. */
beforeEach(async () => {
  github.failing = undefined;
  github.pausing = () => Promise.resolve();
  person = platform.person();
  api = await gatewayApiOf(platform, person);
  await connect(api, person, "github");
  await platform.context.projector.fresh(async () => {
    const { rows } = await platform.context.readModel.list("upstreams.v1", { limit: 1 });
    user = (rows[0]?.value as { user: string } | undefined)?.user ?? "";
  });
  github.asked.length = 0;
  platform.advance(HOUR - 30);
});

async function beside(changed?: Parameters<typeof processBeside>[2]): Promise<Process> {
  const process = await processBeside(platform, secrets, changed);
  open.push(process);
  return process;
}

async function ask({ side }: Pick<Process, "side">): Promise<UpstreamAccess> {
  const server = await side.servers.find("github");
  if (server === undefined) throw new Error("no server");
  return side.upstreams.access({ user, server, meta });
}

async function renew({ side }: Pick<Process, "side">, generation: number): Promise<UpstreamAccess> {
  const server = await side.servers.find("github");
  if (server === undefined) throw new Error("no server");
  return side.upstreams.renew({ user, server, meta, refused: { generation } });
}

const first = (): Pick<Process, "side"> => ({ side: platform.platform.upstream });
const tokens = (answers: readonly UpstreamAccess[]): readonly (string | undefined)[] => [
  ...new Set(answers.map((answer) => (answer.kind === "token" ? answer.accessToken : undefined))),
];

/** A promise to be resolved from outside. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe("a refresh that many want", () => {
  it("asks the provider once, however many ask in however many processes, and all get the same token", async () => {
    // the old tokens are over, so that everybody has to wait for the new ones
    platform.advance(28);
    const processes = [first(), await beside(), await beside()];
    const answers = await Promise.all(processes.flatMap((process) => Array.from({ length: 15 }, () => ask(process))));
    expect(github.asked).toHaveLength(1);
    expect(tokens(answers)).toEqual([[...github.alive].at(-1)]);
  });

  it.skipIf(!onSharedEngines)("asks the provider once when two whole servers on one PostgreSQL and Redis want it", async () => {
    const other = await startTestPlatform({ dataDir: platform.dataDir, frozenAt: platform.context.clock.now() + 28, secrets, env });
    try {
      platform.advance(28);
      const servers = [first(), { side: other.platform.upstream }];
      const answers = await Promise.all(servers.flatMap((server) => Array.from({ length: 25 }, () => ask(server))));
      expect(github.asked).toHaveLength(1);
      expect(tokens(answers)).toEqual([[...github.alive].at(-1)]);
    } finally {
      await other.close({ keepData: true });
    }
  });

  it("asks once after a server has refused the token, too", async () => {
    platform.advance(28);
    const processes = [first(), await beside(), await beside()];
    const before = await ask(first());
    if (before.kind !== "token") throw new Error(before.kind);
    platform.advance(60);
    github.asked.length = 0;
    const answers = await Promise.all(processes.flatMap((process) => Array.from({ length: 10 }, () => renew(process, before.generation))));
    expect(github.asked).toHaveLength(1);
    expect(tokens(answers)).toEqual([[...github.alive].at(-1)]);
    expect(answers.every((answer) => answer.kind === "token" && answer.generation > before.generation)).toBe(true);
  });

  it("is counted by provider and by what came of it", async () => {
    const counts = async () => {
      const text = await (await fetch(`${platform.origin}/metrics`)).text();
      return ["done", "transient"].map((outcome) =>
        Number(
          new RegExp(`^grantline_upstream_refreshes_total\\{provider="github",outcome="${outcome}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0,
        ),
      );
    };
    const side = platform.platform.upstream;
    const [done = 0, transient = 0] = await counts();
    github.failing = { status: 503 };
    await ask({ side });
    expect(await counts()).toEqual([done, transient + 1]);
    github.failing = undefined;
    platform.advance(HOUR);
    expect(await ask({ side })).toMatchObject({ kind: "token" });
    expect(await counts()).toEqual([done + 1, transient + 1]);
  });

  it("rests when a server refuses what has only just come", async () => {
    const before = await ask(first());
    if (before.kind !== "token") throw new Error(before.kind);
    const answer = await renew(first(), before.generation);
    expect(answer).toMatchObject({ kind: "unavailable", retryAfterSeconds: 15 });
    expect(github.asked).toHaveLength(1);
  });

  it("keeps nobody waiting while the old token is good", async () => {
    const { opened, open: answer } = gate();
    github.pausing = () => opened;
    const asking = ask(first());
    const other = await beside();
    await expect.poll(() => github.asked.length).toBe(1);
    const meanwhile = await ask(other);
    expect(meanwhile).toMatchObject({ kind: "token" });
    answer();
    expect(tokens([await asking])).not.toEqual(tokens([meanwhile]));
  });
});

describe("a process that dies while it refreshes", () => {
  it("after it has stored the tokens: the next one uses them, and asks nobody", async () => {
    const dying = await beside(({ upstreams }) => ({
      upstreams: {
        ...upstreams,
        execute: (id, command, with_) =>
          command.kind === "refreshed" ? Promise.reject(new Error("killed")) : upstreams.execute(id, command, with_),
      },
    }));
    await expect(ask(dying)).rejects.toThrow("killed");
    platform.advance(31);
    expect(tokens([await ask(first())])).toEqual([[...github.alive].at(-1)]);
    expect(github.asked).toHaveLength(1);
  });

  it("before: with single-use tokens nobody has any, which is said", async () => {
    const dying = await beside(({ secrets: store }) => ({ secrets: { ...store, set: () => Promise.reject(new Error("killed")) } }));
    await expect(ask(dying)).rejects.toThrow("killed");
    platform.advance(31);
    expect(await ask(first())).toEqual({ kind: "none", reason: "refresh-refused" });
  });
});

describe("a secret store that is away", () => {
  it("costs nothing: the tokens wait in the process that got them", async () => {
    let away = true;
    const process = await beside(({ secrets: store }) => ({
      secrets: {
        ...store,
        set: (...of) => (away ? Promise.reject(new SecretStoreUnavailable("test", "away")) : store.set(...of)),
      },
    }));
    platform.advance(28);
    expect(await ask(process)).toMatchObject({ kind: "unavailable", reason: "secrets-unavailable" });
    away = false;
    platform.advance(60);
    expect(tokens([await ask(process)])).toEqual([[...github.alive].at(-1)]);
    expect(github.asked).toHaveLength(1);
  });

  it("even when another process has been told meanwhile that the refresh token is used up", async () => {
    let away = true;
    const process = await beside(({ secrets: store }) => ({
      secrets: {
        ...store,
        set: (...of) => (away ? Promise.reject(new SecretStoreUnavailable("test", "away")) : store.set(...of)),
      },
    }));
    await ask(process);
    platform.advance(60);
    expect(await ask(first())).toEqual({ kind: "none", reason: "refresh-refused" });
    away = false;
    expect(tokens([await ask(process)])).toEqual([[...github.alive].at(-1)]);
    expect(await ask(first())).toMatchObject({ kind: "token" });
  });
});

describe("a record that somebody took away", () => {
  it("is nothing to wait for: the person connects again, and is connected", async () => {
    const other = await beside();
    const { name } = (await other.secrets.list()).find((each) => each.name.includes("/tokens-")) ?? { name: "" };
    expect(await other.secrets.delete(name)).toBe(true);
    expect(await ask(other)).toEqual({ kind: "none", reason: "not-connected" });
    expect(github.asked).toEqual([]);
    person = platform.person();
    api = await gatewayApiOf(platform, person);
    await connect(api, person, "github");
    expect(await ask(other)).toMatchObject({ kind: "token" });
  });
});

describe("a connection that is ended while it is refreshed", () => {
  it("stays ended; what came is given back, and nothing is left in the secret store", async () => {
    const { opened, open: answer } = gate();
    github.pausing = () => opened;
    github.revoked.length = 0;
    const asking = ask(first());
    await expect.poll(() => github.asked.length).toBe(1);
    const other = await beside();
    const server = await other.side.servers.find("github");
    if (server !== undefined) await other.side.upstreams.revoke({ user, server, meta });
    answer();
    expect(await asking).toEqual({ kind: "none", reason: "revoked" });
    expect(github.revoked).toContain([...github.alive].at(-1));
    expect((await other.secrets.list()).filter(({ name }) => name.includes("/tokens-"))).toEqual([]);
  });
});

describe("the duty that refreshes ahead", () => {
  const held = { assertHeld: () => Promise.resolve() };
  const run = ({ side }: Pick<Process, "side">, name = "refresh-upstreams") =>
    side.duties.find((duty) => duty.name === name)?.run(held) ?? Promise.reject(new Error(`no duty ${name}`));

  it("refreshes what ends soon, and nothing else", async () => {
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first())).toBe(1);
    expect(github.asked).toHaveLength(1);
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first())).toBe(0);
    expect(github.asked).toHaveLength(1);
  });

  it("and the calls that do stop where an operator has switched it off; a token at its end is renewed all the same, and afterwards all is as before", async () => {
    const flag = { name: "upstream.refresh-ahead", is: () => platform.context.flags.enabled("upstream.refresh-ahead", { subject: user }) };
    const set = async (setting: object, on: boolean): Promise<void> => {
      await new TestAdmin(platform.origin, platform.issuer, ADMIN_SECRET).call("PUT", `/flags/${flag.name}`, {
        ...setting,
        reason: "a test",
      });
      await expect.poll(flag.is).toBe(on);
    };
    await platform.context.projector.fresh(() => Promise.resolve());
    await set({ enabled: false }, false);
    try {
      expect(await run(first())).toBe(0);
      const old = await ask(first());
      expect(old).toMatchObject({ kind: "token" });
      expect(github.asked).toHaveLength(0);
      platform.advance(28);
      const renewed = await ask(first());
      expect(tokens([renewed])).not.toEqual(tokens([old]));
      expect(github.asked).toHaveLength(1);
    } finally {
      await set({}, true);
    }
    platform.advance(HOUR - 30);
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first())).toBe(1);
    expect(github.asked).toHaveLength(2);
  });

  it("leaves a connection that nobody uses alone after a day's worth, and the next call refreshes it", async () => {
    for (let round = 0; round < 26; round++) {
      await platform.context.projector.fresh(() => Promise.resolve());
      await run(first());
      platform.advance(HOUR - 30);
    }
    expect(github.asked).toHaveLength(24);
    expect(await ask(first())).toMatchObject({ kind: "token" });
    platform.advance(HOUR - 30);
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first())).toBe(1);
  });

  it("of a process that was given another secret store claims nothing, and ends nothing", async () => {
    const nothing = await beside(({ secrets: store }) => ({ secrets: { ...store, get: () => Promise.resolve(undefined) } }));
    await platform.context.projector.fresh(() => Promise.resolve());
    const before = await platform.context.store.head();
    expect(await run(nothing)).toBe(0);
    expect(await ask(nothing)).toEqual({ kind: "none", reason: "not-connected" });
    expect(await platform.context.store.head()).toEqual(before);
    expect(await ask(first())).toMatchObject({ kind: "token" });
  });

  it("ends connections to servers that are no more", async () => {
    const { name, ...definition } = { name: "github", url: `${github.authority}/mcp`, provider: "github" };
    const admin = new TestAdmin(platform.origin, platform.issuer, ADMIN_SECRET);
    await admin.call("DELETE", `/servers/${name}`);
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first(), "end-orphaned-upstreams")).toBe(1);
    expect((await (await beside()).secrets.list()).filter((each) => each.name.includes("/tokens-"))).toEqual([]);
    await admin.call("POST", "/servers", { name, ...definition });
    expect(await ask(first())).toEqual({ kind: "none", reason: "revoked" });
  });

  it("ends connections of people who are erased, at the provider too, and leaves none of their tokens", async () => {
    const admin = new TestAdmin(platform.origin, platform.issuer, ADMIN_SECRET);
    github.revoked.length = 0;
    await admin.call("POST", `/subjects/${user}/erase`);
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first(), "end-orphaned-upstreams")).toBe(1);
    expect(github.revoked).toHaveLength(1);
    expect((await (await beside()).secrets.list()).filter((each) => each.name.includes("/tokens-"))).toEqual([]);
    await platform.context.projector.fresh(() => Promise.resolve());
    expect(await run(first(), "end-orphaned-upstreams")).toBe(0);
  });
});
