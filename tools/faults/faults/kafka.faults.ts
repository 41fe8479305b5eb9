import type { KafkaGround } from "@grantline/testing/ground";
import type { Arena, Cell } from "../cell.ts";
import { judgeTopic } from "../judge/topic.judge.ts";
import { TOPIC_PREFIX } from "../world.ts";

function kafkaOf({ world }: Arena): KafkaGround {
  if (world.kafka === undefined) throw new Error("this world has no Kafka");
  return world.kafka;
}

/** Nothing missing on the topic, in order, whatever was repeated. */
export async function topicHolds(arena: Arena): Promise<readonly string[]> {
  const verdict = await judgeTopic(kafkaOf(arena).brokers, `${TOPIC_PREFIX}.events`, arena.world.postgresUrl);
  arena.note(`${verdict.messages} messages on the topic, ${verdict.repeated} of them repeated`);
  return verdict.wrong;
}

function stopped(signal: "SIGKILL" | "SIGTERM"): Cell["strike"] {
  return async (arena) => {
    const kafka = kafkaOf(arena);
    await kafka.kill(signal);
    return { heal: kafka.start };
  };
}

/** A user never notices Kafka. */
const unnoticed = { noticed: "none", judge: topicHolds } as const;

export const kafkaFaults: readonly Cell[] = [
  {
    id: "kafka/sigkill",
    title: "SIGKILL of Kafka; started again",
    holdSeconds: { full: 8, quick: 3 },
    ...unnoticed,
    strike: stopped("SIGKILL"),
  },
  {
    id: "kafka/sigstop",
    title: "SIGSTOP of Kafka for 30 s",
    holdSeconds: { full: 30, quick: 8 },
    ...unnoticed,
    strike: async (arena) => {
      const kafka = kafkaOf(arena);
      await kafka.kill("SIGSTOP");
      return { heal: () => kafka.kill("SIGCONT") };
    },
  },
  {
    id: "kafka/restart",
    title: "SIGTERM of Kafka; started again",
    holdSeconds: { full: 3, quick: 1 },
    ...unnoticed,
    strike: stopped("SIGTERM"),
  },
  {
    id: "kafka/cut",
    title: "Everybody cut off from Kafka",
    holdSeconds: { full: 15, quick: 6 },
    ...unnoticed,
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "kafka" }).map((link) => link.cut()));
      return { heal: links.healAll };
    },
  },
  {
    id: "kafka/slow",
    title: "Every answer of Kafka 200 ± 100 ms late",
    holdSeconds: { full: 12, quick: 6 },
    ...unnoticed,
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "kafka" }).map((link) => link.slow(200, 100)));
      return { heal: links.healAll };
    },
  },
  {
    id: "kafka/disk-full",
    title: "Kafka's disk (a small file system) full to the last byte; then room again, and a start where it had given up",
    holdSeconds: { full: 12, quick: 8 },
    needs: "disks",
    ...unnoticed,
    strike: async (arena) => {
      const kafka = kafkaOf(arena);
      const disk = arena.world.disks.kafka;
      if (disk === undefined) throw new Error("this world has no small disk for Kafka");
      disk.fill();
      return {
        heal: async () => {
          disk.free();
          await kafka.kill("SIGKILL");
          await kafka.start();
        },
      };
    },
  },
];
