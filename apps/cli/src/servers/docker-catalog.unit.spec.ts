import { describe, expect, it } from "vitest";
import { readDockerCatalog } from "./docker-catalog.ts";

const CATALOG = `
version: 3
name: docker-mcp
displayName: Docker MCP Catalog
registry:
  github-official:
    title: GitHub Official
    type: server
    image: ghcr.io/github/github-mcp-server@sha256:abc
    secrets:
      - name: github.personal_access_token
        env: GITHUB_PERSONAL_ACCESS_TOKEN
        example: <YOUR_TOKEN>
    oauth:
      providers:
        - provider: github
          secret: github.personal_access_token
          env: GITHUB_PERSONAL_ACCESS_TOKEN
      scopes: [repo, "read:org"]
    tools:
      - name: get_me
  github-remote:
    type: remote
    remote: {transport_type: streamable-http, url: https://api.githubcopilot.com/mcp}
    oauth:
      providers: [{provider: github}]
      scopes: [repo, "read:org"]
  brave:
    type: server
    image: mcp/brave-search@sha256:abc
    secrets: [{name: brave.api_key, env: BRAVE_API_KEY}]
  notion-remote:
    type: remote
    remote: {transport_type: streamable-http, url: https://mcp.notion.com/mcp}
    oauth:
      providers: [{provider: notion-remote, secret: notion-remote.personal_access_token}]
  Apify_MCP:
    type: remote
    remote:
      transport_type: streamable-http
      url: https://mcp.apify.com
      headers: {Authorization: "Bearer \${APIFY_API_KEY}"}
    secrets: [{name: apify.api_key, env: APIFY_API_KEY}]
  docs:
    type: remote
    remote: {url: https://docs.example/mcp, transport_type: streamable-http}
  old:
    type: remote
    remote: {url: https://old.example/sse, transport_type: sse}
  curl:
    type: poci
    tools: [{name: curl, container: {image: curlimages/curl}}]
  time:
    type: server
    image: mcp/time
    disableNetwork: true
    env: [{name: TZ, value: "{{time.tz}}"}]
    volumes: ["{{time.paths}}:/data"]
    command: [--local-timezone, UTC]
`;

describe("a catalog of Docker's", () => {
  const { servers, notes } = readDockerCatalog(CATALOG);
  const named = (name: string) => servers.find((each) => each.name === name);

  it("gives remote servers by their URL, and local ones as containers", () => {
    expect(named("notion-remote")).toEqual({
      name: "notion-remote",
      url: "https://mcp.notion.com/mcp",
      provider: "discovered",
      authorization: "oauth",
      scopes: [],
    });
    expect(named("brave")).toEqual({
      name: "brave",
      stdio: {
        command: "docker",
        args: [
          "run",
          "--rm",
          "--interactive",
          "--init",
          "--security-opt",
          "no-new-privileges",
          "--env=BRAVE_API_KEY",
          "mcp/brave-search@sha256:abc",
        ],
        env: ["BRAVE_API_KEY"],
      },
      provider: "discovered",
      authorization: "none",
      scopes: [],
    });
    expect(named("github-remote")).toMatchObject({ provider: "github", authorization: "oauth", scopes: ["repo", "read:org"] });
    expect(named("time")).toMatchObject({
      stdio: { args: expect.arrayContaining(["--network", "none", "--env=TZ", "mcp/time", "--local-timezone", "UTC"]) },
      authorization: "none",
    });
  });

  it("tells a token for all from a token of each user, and from none", () => {
    expect([named("apify-mcp")?.authorization, named("docs")?.authorization, named("notion-remote")?.authorization]).toEqual([
      "static",
      "oauth",
      "oauth",
    ]);
  });

  it("says what it left out, renamed, or still needs", () => {
    expect(notes).toEqual([
      expect.stringMatching(/^github-official: a program that wants tokens of its users/),
      "brave: needs brave.api_key; see grantline secret set",
      "Apify_MCP: added as apify-mcp",
      "Apify_MCP: needs apify.api_key; see grantline secret set",
      expect.stringMatching(/^old: speaks the SSE transport/),
      expect.stringMatching(/^curl: its tools are containers/),
    ]);
    expect(servers.map(({ name }) => name)).toEqual(["github-remote", "brave", "notion-remote", "apify-mcp", "docs", "time"]);
  });

  it("gives only what is asked for", () => {
    expect(readDockerCatalog(CATALOG, ["docs"]).servers.map(({ name }) => name)).toEqual(["docs"]);
    expect(() => readDockerCatalog(CATALOG, ["nothing"])).toThrow("no server called nothing");
  });

  it.each([
    ["no YAML", "a: [", "no YAML"],
    ["another document", "name: x", "no registry"],
    ["a list", "- a", "no registry"],
    ["aliases that would grow", "a: &a [x]\nregistry: {b: *a}", "no YAML"],
  ])("is refused in one line when it is %s", (_what, text, said) => {
    expect(() => readDockerCatalog(text)).toThrow(said);
  });

  it("leaves out an entry that is malformed, and takes the rest", () => {
    const { servers: left, notes: told } = readDockerCatalog(
      "registry: {a: 7, b: {type: remote, remote: {url: 'https://b.example/mcp'}}, '!!': {type: server, image: x}}",
    );
    expect(left.map(({ name }) => name)).toEqual(["b"]);
    expect(told).toHaveLength(2);
  });
});
