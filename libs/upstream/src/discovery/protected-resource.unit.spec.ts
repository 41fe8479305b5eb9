import { OutboundError, type Exchange, type FetchedDocument } from "@grantline/oauth/outbound";
import { describe, expect, it } from "vitest";
import { describeResource } from "./protected-resource.ts";

const URL_OF_SERVER = "https://notes.example/mcp";
const PATH_PLACE = "https://notes.example/.well-known/oauth-protected-resource/mcp";
const document = { resource: URL_OF_SERVER, authorization_servers: ["https://as.example"], scopes_supported: ["all", "of", "these"] };

/** A server that challenges like this, with its document at one place; what was asked of it, in order. */
function server(challenge: string, place = PATH_PLACE, body: object = document) {
  const asked: string[] = [];
  const posted: Exchange[] = [];
  return {
    asked,
    posted,
    parts: {
      exchange: (_url: string, exchange: Exchange) => {
        posted.push(exchange);
        return Promise.resolve({ status: 401, headers: challenge === "" ? {} : { "www-authenticate": challenge }, text: "" });
      },
      fetcher: {
        fetch: (url: string) => {
          asked.push(url);
          if (url !== place) return Promise.reject(new OutboundError("status", "404"));
          return Promise.resolve({ text: JSON.stringify(body) } as FetchedDocument);
        },
        fetchFresh: () => Promise.reject(new Error("nothing here is asked twice")),
      } as never,
    },
  };
}

describe("what an MCP server says of itself", () => {
  it("is asked for with a call that does nothing, since some challenge no GET", async () => {
    const { parts, posted } = server("Bearer");
    await describeResource(parts, URL_OF_SERVER);
    expect(posted.map(({ method, body }) => [method, JSON.parse(body ?? "") as unknown])).toEqual([
      ["POST", { jsonrpc: "2.0", id: 1, method: "ping" }],
    ]);
  });

  it.each([
    ["in quotes", 'Bearer error="invalid_token", resource_metadata="https://notes.example/else/where"'],
    ["without them, as Spring does", "Bearer resource_metadata=https://notes.example/else/where"],
    ["and nothing after it", 'Bearer resource_metadata="https://notes.example/else/where", scope="a"'],
  ])("is looked for first where its challenge says: %s", async (_how, challenge) => {
    const { parts, asked } = server(challenge, "https://notes.example/else/where");
    expect((await describeResource(parts, URL_OF_SERVER)).authorizationServer).toBe("https://as.example");
    expect(asked).toEqual(["https://notes.example/else/where"]);
  });

  it.each([
    "Bearer",
    "",
    'Bearer resource_metadata="https://evil.example/x"',
    'Bearer resource_metadata="nonsense"',
    'Bearer not_resource_metadata="https://notes.example/else/where"',
  ])("is looked for at the well-known place where its challenge names none of its own: %s", async (challenge) => {
    const { parts, asked } = server(challenge);
    await describeResource(parts, URL_OF_SERVER);
    expect(asked).toEqual([PATH_PLACE]);
  });

  // MCP authorization, scope selection
  it("wants the scopes of its challenge, else all it shows, else none", async () => {
    const scopes = async (challenge: string, body: object = document) =>
      (await describeResource(server(challenge, PATH_PLACE, body).parts, URL_OF_SERVER)).scopes;
    expect(await scopes('Bearer scope="files:read files:write"')).toEqual(["files:read", "files:write"]);
    expect(await scopes("Bearer scope=files:read")).toEqual(["files:read"]);
    expect(await scopes("Bearer")).toEqual(["all", "of", "these"]);
    expect(await scopes("Bearer", { ...document, scopes_supported: undefined })).toEqual([]);
    expect(await scopes('Bearer scope="ok b\u00e4d"')).toEqual(["ok"]);
  });

  it("is not followed in what is no scope, comes twice, or would not fit into a URL", async () => {
    const many = Array.from({ length: 500 }, (_, at) => `files:of:department:${at}`);
    const { scopes } = await describeResource(
      server("Bearer", PATH_PLACE, { ...document, scopes_supported: ["a b", "", 'c"', "x".repeat(257), "good", "good", ...many] }).parts,
      URL_OF_SERVER,
    );
    expect(scopes.slice(0, 2)).toEqual(["good", "files:of:department:0"]);
    expect(scopes.join(" ").length).toBeGreaterThan(3_900);
    expect(scopes.join(" ").length).toBeLessThanOrEqual(4_000);
  });

  it("is not there: the server's own origin gives the tokens, for what it challenged", async () => {
    const { parts } = server('Bearer scope="a"', "https://nowhere.example/");
    expect(await describeResource(parts, URL_OF_SERVER)).toEqual({ authorizationServer: "https://notes.example", scopes: ["a"] });
  });
});
