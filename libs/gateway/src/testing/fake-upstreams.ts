import { randomUUID } from "node:crypto";
import type { AuthorizationOutcome, GatewayServer, Servers, UpstreamAccess, Upstreams } from "@grantline/upstream";

interface Connected {
  readonly generation: number;
  readonly scopes: readonly string[];
}

/** Tokens of users at third parties, in memory: `up-{server}-{generation}`. What the real one promises, without a provider. */
export class FakeUpstreams implements Upstreams {
  readonly connected = new Map<string, Connected>();
  readonly begun = new Map<string, { readonly key: string; readonly scopes: readonly string[]; outcome: AuthorizationOutcome }>();
  renewals = 0;
  /** Answered instead of a token. */
  trouble: UpstreamAccess | undefined;
  /** The next renewal is refused. */
  refreshRefused = false;

  access({ user, server }: { readonly user: string; readonly server: GatewayServer }): Promise<UpstreamAccess> {
    if (this.trouble !== undefined) return Promise.resolve(this.trouble);
    const found =
      this.connected.get(`${user} ${server.name}`) ?? (server.authorization === "static" ? { generation: 0, scopes: [] } : undefined);
    if (found === undefined) return Promise.resolve({ kind: "none", reason: "not-connected" });
    return Promise.resolve({ kind: "token", accessToken: `up-${server.name}-${found.generation}`, ...found });
  }

  async renew({
    user,
    server,
    refused,
  }: {
    readonly user: string;
    readonly server: GatewayServer;
    readonly refused: { readonly generation: number };
  }) {
    const key = `${user} ${server.name}`;
    const found = this.connected.get(key);
    if (this.refreshRefused) {
      this.connected.delete(key);
      return { kind: "none", reason: "refresh-refused" } as const;
    }
    if (found !== undefined && found.generation === refused.generation) {
      this.renewals += 1;
      this.connected.set(key, { ...found, generation: found.generation + 1 });
    }
    return this.access({ user, server });
  }

  begin({ user, server, scopes = [] }: { readonly user: string; readonly server: GatewayServer; readonly scopes?: readonly string[] }) {
    const id = randomUUID();
    this.begun.set(id, { key: `${user} ${server.name}`, scopes, outcome: "pending" });
    return Promise.resolve({ id, url: `http://localhost/connect/${id}`, expiresAt: Math.floor(Date.now() / 1_000) + 600 });
  }

  outcome(id: string): Promise<AuthorizationOutcome> {
    return Promise.resolve(this.begun.get(id)?.outcome ?? "failed");
  }

  revoke({ user, server }: { readonly user: string; readonly server: GatewayServer }): Promise<"revoked" | "none"> {
    return Promise.resolve(this.connected.delete(`${user} ${server.name}`) ? "revoked" : "none");
  }

  /** The person has followed the link and allowed it. */
  authorize(url: string): void {
    const begun = this.begun.get(new URL(url).pathname.split("/").at(-1) as string);
    if (begun === undefined) throw new Error(`nobody began ${url}`);
    begun.outcome = "done";
    const before = this.connected.get(begun.key);
    this.connected.set(begun.key, { generation: (before?.generation ?? 0) + 1, scopes: begun.scopes });
  }
}

export class FakeServers implements Servers {
  readonly all = new Map<string, GatewayServer>();

  find(name: string): Promise<GatewayServer | undefined> {
    return Promise.resolve(this.all.get(name));
  }

  only(): Promise<GatewayServer | undefined> {
    const [only, ...others] = this.all.values();
    return Promise.resolve(others.length === 0 ? only : undefined);
  }

  list(): Promise<readonly GatewayServer[]> {
    return Promise.resolve([...this.all.values()]);
  }
}
