// Real: Kafka, SQLite stores shared by relay processes that are killed and paused.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHECKPOINT } from "@grantline/feed";
import { kafkaLib, type KafkaGround, startKafka } from "@grantline/testing/ground";
import { everythingOn, type FeedPlace, openFeedPlace, type RawMessage } from "./fixtures/feed-place.ts";

interface RelayProcess {
  readonly holder: string;
  readonly child: ChildProcess;
  /** Lines it has printed. */
  readonly said: readonly string[];
}

describe.skipIf(kafkaLib() === undefined)("needs Kafka: relays as processes", () => {
  let kafka: KafkaGround;
  let place: FeedPlace;
  let relays: RelayProcess[] = [];
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka.stop());
  beforeEach(async () => {
    place = await openFeedPlace();
    relays = [];
  });
  afterEach(async () => {
    for (const { child } of relays) child.kill("SIGKILL");
    await place.close();
  });

  async function start(holder: string, how: "run" | "stall" = "run"): Promise<RelayProcess> {
    const { file, socket, readModel, ephemeral } = place.paths;
    const script = fileURLToPath(new URL("./fixtures/relay.process.ts", import.meta.url));
    const args = [kafka.brokers.join(","), place.topicPrefix, file, socket, readModel, ephemeral, holder, how];
    const child = spawn(process.execPath, ["--conditions=@grantline/source", script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const said: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => said.push(...chunk.toString().trim().split("\n")));
    const relay = { holder, child, said };
    relays.push(relay);
    await until(() => said.includes("ready") || child.exitCode !== null);
    expect(child.exitCode).toBeNull();
    return relay;
  }
  const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await so())) await pause(20);
  };
  const caughtUp = () => until(async () => (await place.readModel.checkpoint(CHECKPOINT)) === (await place.store.head()));
  const fill = async (from: number, to: number): Promise<void> => {
    for (let generation = from; generation <= to; generation += 1)
      await Promise.all(
        ["a", "b", "c"].map((name) =>
          place.append(`client-${name}`, { type: "ClientGenerationRaised", data: { generation, reason: "test" } }),
        ),
      );
  };
  /** But for what the lease itself leaves in the log. */
  const onTopic = async () =>
    (await everythingOn(kafka.brokers, `${place.topicPrefix}.events`)).filter(({ key }) => key.startsWith("client-"));
  /** Without repetitions, as a consumer sees them: each stream's revisions must then come in order and without a gap. */
  function firsts(messages: readonly RawMessage[]): readonly string[] {
    return [...new Set(messages.map(({ headers }) => `${headers["ce_subject"]}/${headers["ce_revision"]}`))];
  }
  const expected = (each: number) => ["a", "b", "c"].map((name) => Array.from({ length: each }, (_, n) => `client-${name}/${n}`));
  const byStream = (names: readonly string[]) => ["a", "b", "c"].map((name) => names.filter((one) => one.startsWith(`client-${name}/`)));

  it("killed after publishing and before its checkpoint: its follower repeats that batch, and nothing is lost", async () => {
    await fill(1, 10);
    const first = await start("first", "stall");
    await until(() => first.said.includes("published 20"));
    first.child.kill("SIGKILL");
    expect(await place.readModel.checkpoint(CHECKPOINT)).toBeUndefined();
    await start("second");
    await caughtUp();
    const messages = await onTopic();
    expect(messages).toHaveLength(30 + 20);
    expect(byStream(firsts(messages))).toEqual(expected(10));
  });

  it("are two and one of them works; when it is killed the other goes on within 10 s, from where it was", async () => {
    await fill(1, 5);
    const pair = [await start("one"), await start("two")];
    await caughtUp();
    const active = pair.find(({ said }) => said.includes("working")) as RelayProcess;
    const other = pair.find((relay) => relay !== active) as RelayProcess;
    expect(other.said).toEqual(["ready"]);
    active.child.kill("SIGKILL");
    const killedAt = performance.now();
    await fill(6, 10);
    await until(() => other.said.includes("working"));
    expect(performance.now() - killedAt).toBeLessThan(25_000);
    await caughtUp();
    const messages = await onTopic();
    expect(messages).toHaveLength(30);
    expect(byStream(firsts(messages))).toEqual(expected(10));
  });

  it("paused for longer than its lease: what it sends afterwards is a repetition at most, and the checkpoint never goes back", async () => {
    await fill(1, 5);
    const sleeper = await start("sleeper");
    await caughtUp();
    const follower = await start("follower");
    sleeper.child.kill("SIGSTOP");
    await fill(6, 10);
    await until(() => follower.said.includes("working"));
    await caughtUp();
    const before = (await onTopic()).length;
    sleeper.child.kill("SIGCONT");
    await fill(11, 12);
    await caughtUp();
    await pause(1_000);
    expect(sleeper.said.filter((line) => line === "working")).toHaveLength(1);
    const messages = await onTopic();
    expect(messages.length - before).toBe(6);
    expect(byStream(firsts(messages))).toEqual(expected(12));
    expect(await place.readModel.checkpoint(CHECKPOINT)).toBe(await place.store.head());
  });
});
