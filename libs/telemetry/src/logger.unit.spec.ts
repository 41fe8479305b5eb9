import { describe, expect, it } from "vitest";
import { createLogger } from "./logger.ts";

function recorded(level = "info") {
  const lines: string[] = [];
  const log = createLogger({ level, service: "test", destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

const JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzMSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
const TOKEN = "gl_rt_local0123456789abcdef.3.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG1a2b3c";

describe("the logger", () => {
  it("writes one JSON line with an ISO time, the level's name, the service and the message", () => {
    const { log, last } = recorded();
    log.info({ endpoint: "token", status: 200, ms: 1.5 }, "answered");
    expect(last()).toMatchObject({ level: "info", service: "test", endpoint: "token", status: 200, ms: 1.5, msg: "answered" });
    expect(new Date(String(last()["time"])).toISOString()).toBe(last()["time"]);
  });

  it("leaves out what is below its level, and everything when silent", () => {
    const { log, lines } = recorded("warn");
    log.info("no");
    expect(log.isLevelEnabled("debug")).toBe(false);
    const silent = recorded("silent");
    silent.log.fatal("no");
    expect([...lines, ...silent.lines]).toEqual([]);
  });

  it("carries a child's correlation id in each line, and hides a child's secrets too", () => {
    const { log, last } = recorded();
    log.child({ correlationId: "c-1", token: "very-secret" }).info("hello");
    expect(last()).toMatchObject({ correlationId: "c-1", token: "[redacted]" });
    log
      .child({ correlationId: "c-1" })
      .child({ client: { client_secret: "very-secret" } })
      .info("hello");
    expect(last()).toMatchObject({ correlationId: "c-1", client: { client_secret: "[redacted]" } });
  });

  it.each([
    "authorization",
    "Authorization",
    "cookie",
    "set-cookie",
    "client_secret",
    "clientSecret",
    "code",
    "code_verifier",
    "refresh_token",
    "access_token",
    "id_token",
    "token",
    "assertion",
    "client_assertion",
    "password",
    "request_uri",
    "registration_access_token",
    "kek",
    "email",
  ])("hides a field called %s at any depth", (name) => {
    const { log, lines } = recorded();
    log.info({ [name]: "very-secret", headers: { [name]: "very-secret" }, list: [{ deep: { [name]: ["very-secret"] } }] }, "x");
    expect(lines.join("")).not.toContain("very-secret");
    expect(lines.join("").match(/\[redacted\]/g)).toHaveLength(3);
  });

  it("hides what looks like a secret inside any text: message, field, URL, header, error", () => {
    const { log, lines } = recorded();
    const error = new Error(`bad token ${TOKEN}`, { cause: new Error(`cause ${JWT}`) });
    log.info(
      { url: `/cb?code=abc123secret&state=1`, header: "Bearer abcdef123456", nested: { text: JWT }, err: error },
      `got ${TOKEN} and Basic dXNlcjpwYXNz`,
    );
    log.error(error);
    log.warn("with %s inside", TOKEN);
    log.info({ quoted: 'say "code=abc123secret" twice' }, "x");
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
    const all = lines.join("");
    for (const secret of ["AbCdEfGh", "abc123secret", "abcdef123456", "c2lnbmF0dXJl", "dXNlcjpwYXNz"]) expect(all).not.toContain(secret);
    expect(all).toContain("state=1");
    expect(all).toContain("gl_rt_[redacted]");
  });

  it("keeps what one searches for in an error: type, message, code, stack, cause", () => {
    const { log, last } = recorded();
    log.error(
      { err: Object.assign(new TypeError("no such file", { cause: new Error("disk") }), { code: "ENOENT", password: "very-secret" }) },
      "x",
    );
    expect(last()["err"]).toMatchObject({
      type: "TypeError",
      message: "no such file",
      code: "ENOENT",
      password: "[redacted]",
      cause: { message: "disk" },
    });
    expect((last()["err"] as { stack: string }).stack).toContain("logger.unit.spec");
  });

  it("copes with loops, depth, big lists and odd values", () => {
    const { log, lines, last } = recorded();
    const loop: Record<string, unknown> = {
      n: 10n,
      bytes: Buffer.alloc(3),
      at: new Date(0),
      list: Array.from({ length: 500 }, () => 1),
      nothing: null,
      missing: undefined,
      url: new URL("https://x/?code=secret123"),
    };
    loop["loop"] = loop;
    log.info(loop, "x");
    expect(last()).toMatchObject({ n: "10", bytes: "[3 bytes]", at: "1970-01-01T00:00:00.000Z", nothing: null });
    expect(last()["list"]).toHaveLength(100);
    expect(lines[0]).toContain("[too deep]");
    expect(lines[0]).not.toContain("secret123");
  });
});
