// Real: the command line's program, a server over HTTP, a person with a browser without script, the file of logins. Made: the terminal, and what opens the browser.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { run, type Ran } from "../testing/run.ts";
import type { Terminal } from "../terminal.ts";

let server: TestPlatform;
let home: string;
let file: string;

beforeAll(async () => {
  server = await startTestPlatform({ env: { GRANTLINE_OPERATORS: "demo" } });
  await gatewayApi(server);
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "grantline-home-"));
  file = join(home, "grantline", "credentials.json");
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

/** The gateway's API as a resource, where the server has none of its own. */
async function gatewayApi({ admin, origin }: TestPlatform): Promise<void> {
  const uri = `${origin}/gateway/v1`;
  const { items } = await admin.call<{ items: object[] }>("GET", `/resources?uri=${encodeURIComponent(uri)}`);
  if (items.length === 0) await admin.resource(uri, ["connections"]);
}

const grantline = (args: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> =>
  run([...args, "--issuer", server.issuer], { cwd: home, ...terminal, env: { XDG_CONFIG_HOME: home, HOME: home, ...terminal.env } });

/** A browser in which somebody logs in and decides, and which then comes back to the command line. */
const opens =
  (decision: "allow" | "deny" = "allow") =>
  async (address: string): Promise<boolean> => {
    const answer = await server.person().authorize(address, { decision });
    void fetch(answer);
    return true;
  };

const login = (args: readonly string[] = []): Promise<Ran> => grantline(["login", ...args], { open: opens() });
const saved = (): { logins: Record<string, { refresh_token: string; access_tokens: Record<string, { expires_at: number }> }> } =>
  JSON.parse(readFileSync(file, "utf8")) as never;

describe("grantline login", () => {
  it("goes through the browser, keeps tokens where only their person can read them, and shows none", async () => {
    const ran = await login();
    expect([ran.code, ran.out]).toEqual([0, `logged in at ${server.issuer}\n`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "grantline")).mode & 0o777).toBe(0o700);
    const { refresh_token: token } = saved().logins[server.issuer] ?? { refresh_token: "" };
    expect(token).toMatch(/^gl_rt_/);
    expect(ran.out + ran.error).not.toContain("gl_");
    const me = await grantline(["whoami"]);
    expect(me).toMatchObject({ code: 0, out: expect.stringMatching(/^subject {2}[0-9a-f]{32}$/m) });
    expect(JSON.parse((await grantline(["whoami", "--json"])).out)).toMatchObject({ issuer: server.issuer, sub: expect.any(String) });
  });

  it("is told of a no, and keeps nothing", async () => {
    const ran = await grantline(["login"], { open: opens("deny") });
    expect(ran).toMatchObject({ code: 1, error: expect.stringContaining("access_denied") });
    expect(existsSync(file)).toBe(false);
  });

  it("takes the pasted address where the browser is elsewhere", async () => {
    let told = "";
    let paste: (text: string) => void = () => undefined;
    const pasted = new Promise<string>((resolve) => (paste = resolve));
    const ran = await grantline(["login", "--no-browser"], {
      input: () => pasted,
      error: (text) => {
        told += text;
        const address = /^http\S+authorize\S+$/m.exec(told)?.[0];
        if (text.includes("paste") && address !== undefined)
          void server
            .person()
            .authorize(address)
            .then((answer) => paste(`what?\n${answer.href}\n`));
      },
    });
    expect([ran.code, ran.error]).toEqual([0, expect.stringContaining("That is not the address")]);
  });

  it("goes on waiting when somebody else on this machine comes to its address first", async () => {
    const answered: number[] = [];
    const ran = await grantline(["login"], {
      open: async (address) => {
        const answer = await server.person().authorize(address);
        for (const query of [
          "",
          "?error=access_denied",
          "?code=x&state=x",
          `?${new URLSearchParams({ ...Object.fromEntries(answer.searchParams), state: "x" })}`,
        ])
          answered.push((await fetch(new URL(query, `${answer.origin}${answer.pathname}`))).status);
        // a path that is no URL of its own
        answered.push((await fetch(`${answer.origin}//`)).status);
        answered.push((await fetch(answer)).status);
        return true;
      },
    });
    expect([ran.code, answered]).toEqual([0, [400, 400, 400, 400, 404, 200]]);
  });

  it("believes no answer of another server (RFC 9207)", async () => {
    for (const change of [
      (url: URL) => url.searchParams.set("iss", "https://evil.example"),
      (url: URL) => url.searchParams.delete("iss"),
    ]) {
      const ran = await grantline(["login"], {
        open: async (address) => {
          const answer = await server.person().authorize(address);
          change(answer);
          void fetch(answer);
          return true;
        },
      });
      expect(ran.code).toBe(1);
      expect(existsSync(file)).toBe(false);
    }
  });

  it("shows a code on a machine without a browser (RFC 8628)", async () => {
    const person = server.person();
    let told = "";
    let going: Promise<unknown> | undefined;
    const ran = await grantline(["login", "--device"], {
      error: (text) => {
        told += text;
        const code = /code: (\S+)/.exec(told)?.[1];
        if (code !== undefined) going ??= typed(code);
      },
    });
    async function typed(code: string): Promise<void> {
      let page = await person.open(`${server.issuer}/device`);
      page = await person.submit(page, "login-form", { username: "demo", password: "demo" });
      page = await person.submit(page, "device-code-form", { user_code: code });
      await person.submit(page, "device-form", { decision: "allow" });
    }
    await going;
    expect([ran.code, ran.out]).toEqual([0, `logged in at ${server.issuer}\n`]);
    expect((await grantline(["whoami"])).code).toBe(0);
  });

  it("has no administration by a code, which a stranger could have an operator type (RFC 8628 §5.4)", async () => {
    const ran = await grantline(["login", "--admin", "--device"]);
    expect(ran).toMatchObject({
      code: 1,
      out: "",
      error: expect.stringMatching(/never gives administration.*grantline login --admin --no-browser/),
    });
    expect(existsSync(file)).toBe(false);
  });

  it("refreshes by itself, also when two commands do at once", async () => {
    await login();
    const before = saved();
    const here = before.logins[server.issuer];
    if (here === undefined) throw new Error("not logged in");
    writeFileSync(file, JSON.stringify({ ...before, logins: { [server.issuer]: { ...here, access_tokens: {} } } }));
    const both = await Promise.all([grantline(["whoami"]), grantline(["whoami"])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(saved().logins[server.issuer]?.refresh_token).not.toBe(here.refresh_token);
  });

  it("ends with logout: its tokens are revoked there and gone here", async () => {
    await login();
    const copy = readFileSync(file, "utf8");
    expect(await grantline(["logout"])).toMatchObject({ code: 0, out: `logged out at ${server.issuer}\n` });
    expect(existsSync(file)).toBe(false);
    expect(await grantline(["whoami"])).toMatchObject({ code: 1, error: expect.stringContaining("run grantline login") });
    writeFileSync(file, copy, { mode: 0o600 });
    expect(await grantline(["whoami"])).toMatchObject({ code: 1, error: expect.stringMatching(/has ended|login/) });
  });

  it("keeps its tokens where GRANTLINE_CREDENTIALS says", async () => {
    const env = { GRANTLINE_CREDENTIALS: join(home, "mine.json") };
    expect((await grantline(["login"], { env, open: opens() })).code).toBe(0);
    expect(readdirSync(home)).toEqual(["mine.json"]);
    expect((await grantline(["whoami"], { env })).code).toBe(0);
  });

  it("leaves no tokens beside the file where it can't be written", async () => {
    const elsewhere = join(home, "elsewhere.json");
    const ran = await grantline(["login"], {
      env: { GRANTLINE_CREDENTIALS: elsewhere },
      open: async (address) => {
        // by the time there is something to write a folder is in the way
        mkdirSync(elsewhere, { mode: 0o700 });
        return opens()(address);
      },
    });
    expect(ran.code).toBe(2);
    expect(readdirSync(home)).toEqual(["elsewhere.json"]);
  });

  it("reads no file that others can read, and none that is not its own", async () => {
    await login();
    chmodSync(file, 0o644);
    expect(await grantline(["whoami"])).toMatchObject({ code: 2, error: expect.stringContaining("chmod 600") });
    writeFileSync(file, '{"version": 7}');
    chmodSync(file, 0o600);
    expect(await grantline(["whoami"])).toMatchObject({ code: 2, error: expect.stringContaining("no file of logins") });
  });

  it("sends tokens over https or to this machine only, and says who does not answer", async () => {
    const at = (issuer: string): Promise<Ran> => run(["login", "--issuer", issuer], { cwd: home, env: { XDG_CONFIG_HOME: home } });
    expect(await at("http://as.example/oauth")).toMatchObject({ code: 2, error: expect.stringContaining("https only") });
    expect(await at("http://127.0.0.1:1/oauth")).toMatchObject({ code: 2, error: expect.stringContaining("no answer") });
    expect(await at("nonsense")).toMatchObject({ code: 2, error: expect.stringContaining("no URL") });
    expect(await at(`${server.origin}/other`)).toMatchObject({ code: 1 });
  });
});
