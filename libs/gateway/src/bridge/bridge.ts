import type { Seals } from "@grantline/keys";
import type { Clock } from "@grantline/oauth/context";
import type { GatewayServer, Servers } from "@grantline/upstream";
import { outboundVia, UpstreamFailure, type Outbound } from "../outbound/index.ts";
import type { Target } from "../call/target.ts";
import { createProcesses } from "./processes.ts";
import { startBridgeServer, type BridgeServer } from "./server.ts";
import { issueTicket } from "./ticket.ts";

/** Servers that speak over standard input and output, as if they spoke Streamable HTTP. */
export interface Bridge {
  /** Where the server is spoken to for this user: at the instance that runs the session's process, else here. Throws UpstreamFailure. */
  target(server: GatewayServer, user: string, at: string | undefined): Promise<Target>;
  close(): Promise<void>;
}

export interface BridgeOptions {
  readonly servers: Pick<Servers, "find">;
  readonly seals: Seals;
  readonly clock: Clock;
  /** Programs that may be run. */
  readonly commands: readonly string[];
  /** Address the bridge listens on, and others reach it at; this machine alone by default. */
  readonly host: string;
  readonly idleMs?: number;
  readonly mostProcesses?: number;
}

/** Sessions of stdio servers live in one process: whoever else gets a request of theirs forwards it there. */
export function createBridge(options: BridgeOptions): Bridge {
  const { servers, seals, clock, commands, host } = options;
  const processes = createProcesses({ ...options, commands });
  // bridges are ours, and their addresses come from sealed sessions alone
  const outbound: Outbound = outboundVia({ admits: () => true });
  let started: Promise<BridgeServer> | undefined;
  return {
    async target(server, user, at) {
      const { name, stdio } = server;
      if (stdio === undefined || !commands.includes(stdio.command)) throw new UpstreamFailure("bridge-command-refused", true, undefined);
      // only who has a stdio server listens for one
      started ??= startBridgeServer({ servers, seals, clock, processes, host });
      const address = at ?? (await started).address;
      return {
        url: `http://${address}/${name}`,
        headers: { "x-grantline-ticket": issueTicket(seals, { server: name, user, until: clock.now() + 60 }) },
        outbound,
        bridge: address,
      };
    },
    async close() {
      await (await started?.catch(() => undefined))?.close();
      await processes.close();
      await outbound.close();
    },
  };
}
