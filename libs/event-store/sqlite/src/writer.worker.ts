import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { toFailure } from "./errors.ts";
import { createGroupCommit } from "./group-commit.ts";
import { openForWriting } from "./schema.ts";
import { listenForPeers } from "./peer-server.ts";
import type { FromWriter, ToWriter, WriterData } from "./writer-messages.ts";
import type { AppendBatch, AppendReplies } from "./wire.ts";

/** A batch waiting for the next commit, and how to answer it. */
interface Waiting {
  readonly batch: AppendBatch;
  readonly answer: (replies: AppendReplies) => void;
  readonly foreign: boolean;
}

const port = parentPort as MessagePort;
const { file, listen, unseenCommits } = workerData as WriterData;
const say = (message: FromWriter) => port.postMessage(message);

async function run(): Promise<void> {
  const { db, release } = openForWriting(file);
  const group = createGroupCommit(db);
  const peers = new Int32Array(unseenCommits);
  let waiting: Waiting[] = [];
  let scheduled = false;

  const commit = () => {
    scheduled = false;
    // What arrived since this was scheduled joins the same transaction.
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) receive(next.message as ToWriter);
    const turn = waiting;
    waiting = [];
    if (turn.length === 0) return;
    const answers = group.commit(turn.map((one) => one.batch));
    // Told before anybody is answered, so that no peer holds an answer this process does not know of (P5).
    if (turn.some((one) => one.foreign)) Atomics.add(peers, 0, 1);
    turn.forEach((one, i) => one.answer(answers[i]!));
  };

  const enqueue = (one: Waiting) => {
    waiting.push(one);
    if (scheduled) return;
    scheduled = true;
    setImmediate(commit);
  };

  const server =
    listen === undefined ? undefined : await listenForPeers(listen, (batch, answer) => enqueue({ batch, answer, foreign: true }));

  const receive = (message: ToWriter) => {
    if (message.kind === "append") {
      enqueue({ batch: message.batch, answer: (replies) => say({ kind: "replies", id: message.id, replies }), foreign: false });
    } else void close();
  };

  const close = async () => {
    await server?.close();
    commit();
    release();
    say({ kind: "closed" });
    port.close();
  };

  port.on("message", receive);
  say({ kind: "ready" });
}

run().catch((error: unknown) => {
  say({ kind: "failed", failure: toFailure(error) });
  port.close();
});
