import { join } from "node:path";
import { chain } from "./grantline-target.ts";
import type { Scenario } from "./load.ts";
import { root, start } from "./processes.ts";

const SECRET = "bench-secret-bench-secret-bench-secret";
const basic = (client: string): string => `Basic ${Buffer.from(`${client}:${SECRET}`).toString("base64")}`;
const head = (path: string, client: string): string =>
  `${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${basic(client)}\r\ncontent-type: application/x-www-form-urlencoded\r\nconnection: keep-alive`;

/** The same jobs at the peer. */
export async function preparePeer(
  connections: number,
  part: "refresh" | "the rest",
): Promise<{ readonly port: number; readonly pid: number; readonly scenarios: readonly Scenario[]; stop(): Promise<void> }> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const peer = await start([join(root, "tools/bench/peer.ts"), String(connections), String(port)], {
    listening: /listening (\d+)[\s\S]*tokens/,
  });
  const { tokens } = JSON.parse(/\{"tokens".*\}/.exec(peer.output())?.[0] ?? "{}") as { tokens: string[] };
  const opaque = "grant_type=client_credentials&scope=read&resource=urn:opaque";
  let access: string | undefined;
  const rest: readonly Scenario[] = [
    {
      name: "client_credentials, ES256 JWT",
      head: head("/token", "machine"),
      body: () => "grant_type=client_credentials&scope=read&resource=urn:jwt",
    },
    {
      name: "client_credentials, opaque",
      head: head("/token", "machine"),
      body: () => opaque,
      answered: (_, status, body) => {
        access = (JSON.parse(body) as { access_token?: string }).access_token;
        if (status !== 200 || access === undefined) throw new Error(`peer: ${status} ${body}`);
      },
    },
    {
      name: "introspection",
      head: head("/token/introspection", "machine"),
      body: () => `token=${access}`,
      answered: (_, status, body) => {
        if (status !== 200 || !body.includes('"active":true')) throw new Error(`peer introspection: ${status} ${body}`);
      },
    },
  ];
  const scenarios = part === "refresh" ? [chain("refresh with rotation, opaque", head("/token", "person"), tokens)] : rest;
  return { port, pid: peer.pid, scenarios, stop: peer.stop };
}
