import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NO_STREAM } from "@grantline/event-store";
import { someEvents } from "./fixtures/some-events.ts";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { openSqliteEventStore } from "./open.ts";
import { threadTransport } from "./thread-transport.ts";
import { readReply, writeAppend } from "./wire.ts";
import type { AppendBatch, AppendReplies } from "./wire.ts";

let folder: Awaited<ReturnType<typeof openFolder>>;
beforeEach(async () => {
  folder = await openFolder();
});
afterEach(() => folder.remove());

describe("the writer thread", () => {
  it("that dies is reported once, frees the file, and another takes its place", async () => {
    const open = threadTransport({ file: folder.file, unseenCommits: new SharedArrayBuffer(4) });
    const downs: string[] = [];
    const first = await new Promise<string>((resolve, reject) => {
      const down = (why: string): void => {
        downs.push(why);
        resolve(why);
      };
      open({ replies: () => reject(new Error("answered")), down })
        // No batch at all: nothing the code expects, so the thread ends.
        .then((transport) => transport.send(0, undefined as unknown as AppendBatch), reject);
    });
    expect(first).toContain("the writer thread failed");

    let answer: (replies: AppendReplies) => void = () => undefined;
    const answered = new Promise<AppendReplies>((resolve) => (answer = resolve));
    const second = await open({ replies: (_id, replies) => answer(replies), down: (why) => void downs.push(why) });
    const batch: AppendBatch = [];
    writeAppend(batch, "thing-1", NO_STREAM, someEvents("thing-1", 0, 1));
    second.send(0, batch);
    expect(readReply(await answered, 0)).toMatchObject({ kind: "appended", revision: 0 });
    await second.close();
    expect(downs).toHaveLength(1);
  });

  it("is not hurt by a stranger on its socket", async () => {
    const store = await openSqliteEventStore({ file: folder.file, listen: folder.socket });
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\u0000\u0000\u0000\u0004oops"]) {
      const socket = connect(folder.socket);
      await new Promise((resolve) => socket.on("error", resolve).on("close", resolve).end(bytes));
    }
    expect(await store.append("thing-1", NO_STREAM, someEvents("thing-1", 0, 1))).toMatchObject({ kind: "appended" });
    await store.close();
  });
});
