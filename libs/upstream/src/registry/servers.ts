import { tables, type ListPage, type ServerRow } from "@grantline/read-model";
import type { UpstreamContext } from "../context.ts";
import type { GatewayServer, Servers } from "../upstream.port.ts";

const PAGE = 100;
/** What a name must be before a stream is asked for it. */
export const SERVER_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
export const LONGEST_SERVER_NAME = 48;

export function createServers({ servers, readModel, projector }: Pick<UpstreamContext, "servers" | "readModel" | "projector">): Servers {
  async function find(name: string): Promise<GatewayServer | undefined> {
    if (name.length > LONGEST_SERVER_NAME || !SERVER_NAME.test(name)) return undefined;
    const { state } = await servers.load(name);
    return state.status === "active" ? state.server : undefined;
  }

  async function page(cursor: string | undefined, limit = PAGE): Promise<ListPage> {
    const query = { where: { status: "active" }, limit, ...(cursor === undefined ? {} : { cursor }) };
    return projector.fresh(() => readModel.list(tables.servers, query));
  }

  return {
    find,
    async only() {
      const { rows } = await page(undefined, 2);
      const [only, ...others] = rows.map(({ value }) => (value as ServerRow).server);
      return others.length === 0 ? only : undefined;
    },
    async list() {
      const found: GatewayServer[] = [];
      let cursor: string | undefined;
      do {
        const { rows, nextCursor } = await page(cursor);
        for (const { value } of rows) {
          const { server } = value as ServerRow;
          if (server !== undefined) found.push(server);
        }
        cursor = nextCursor;
      } while (cursor !== undefined);
      return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
  };
}
