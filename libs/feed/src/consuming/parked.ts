import type { StoredEvent } from "@grantline/event-store";
import type { ListPage, ReadModel } from "@grantline/read-model";
import type { ParkedMessage, ParkedMessages } from "./consuming.port.ts";

const PAGE = 500;

/** Parked messages in a table of the read model. Keep it where the ledger is: when both are lost, both come back from the store. */
export function createParkedMessages(readModel: Pick<ReadModel, "list" | "write">, name: string): ParkedMessages {
  const table = `${name}.parked`;
  const pages = async function* (stream: string | undefined, limit: number): AsyncGenerator<readonly ParkedMessage[]> {
    let cursor: string | undefined;
    do {
      const page: ListPage = await readModel.list(table, {
        limit,
        ...(stream === undefined ? {} : { where: { stream } }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      yield page.rows.map((row) => row.value as ParkedMessage);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  };
  return {
    park: (message) =>
      readModel.write(table, [
        { kind: "put", table, row: { key: keyOf(message.event), revision: 0, value: message, columns: { stream: message.event.stream } } },
      ]),
    blocks: async (stream) => ((await pages(stream, 1).next()).value?.length ?? 0) > 0,
    async list(stream) {
      const all: ParkedMessage[] = [];
      for await (const page of pages(stream, PAGE)) all.push(...page);
      return all;
    },
    drop: (event) => readModel.write(table, [{ kind: "delete", table, key: keyOf(event), revision: 0 }]),
  };
}

function keyOf({ stream, revision }: Pick<StoredEvent, "stream" | "revision">): string {
  return `${stream}/${String(revision).padStart(10, "0")}`;
}
