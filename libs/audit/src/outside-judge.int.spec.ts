// Real: the grower on SQLite, the endpoints, and Go's sumdb/note with transparency-dev's formats and merkle as judge. Fake: the clock.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, tlogJudge } from "./fixtures/tlog-judge.ts";
import { openAuditWorld, type AuditWorld } from "./fixtures/audit-world.ts";
import { openCheckpoint } from "./checkpoint/checkpoint.ts";

const judge = await tlogJudge();
let world: AuditWorld;
beforeAll(async () => {
  world = await openAuditWorld();
});
afterAll(() => world.close());

describe.skipIf(judge === undefined)("needs Go's tlog judge: what a verifier we did not write says of our log", () => {
  it("accepts every checkpoint, and none that was touched", async () => {
    await world.append("grant-a", 5);
    const note = (await world.audit.grower?.catchUp()) ?? "";
    const { vkey, name: origin } = world.verifier;
    const questions = [note, note.replace(/\n\d+\n/, "\n99\n"), note.replace(/\n— /, "\nmore\n— ")].map((checkpoint) => ({
      kind: "checkpoint",
      vkey,
      origin,
      checkpoint,
    }));
    const verdicts = await ask(judge!, questions);
    expect(verdicts.map(({ accepted }) => accepted)).toEqual([true, false, false]);
    expect(verdicts[0]?.size).toBe(openCheckpoint(note, world.verifier)?.size);
  });

  it("accepts the proof of every event, and none for another place or leaf", async () => {
    await world.append("grant-b", 300);
    await world.audit.grower?.catchUp();
    const { vkey, name: origin } = world.verifier;
    const revisions = [0, 1, 100, 254, 255, 256, 299];
    const answers = await Promise.all(
      revisions.map((revision) => world.get(`/audit/v1/proof/inclusion?stream=grant-b&revision=${revision}`)),
    );
    const questions = answers.map(({ body }) => ({
      kind: "inclusion",
      vkey,
      origin,
      checkpoint: body["checkpoint"],
      leaf: body["leaf"],
      index: body["leaf_index"],
      proof: body["proof"],
    }));
    expect((await ask(judge!, questions)).map(({ accepted, why }) => why ?? accepted)).toEqual(revisions.map(() => true));
    const wrong = questions.flatMap((question) => [
      { ...question, index: Number(question.index) + 1 },
      { ...question, leaf: Buffer.from('["grant-b",0,"forged"]').toString("base64") },
    ]);
    expect((await ask(judge!, wrong)).map(({ accepted }) => accepted)).toEqual(wrong.map(() => false));
  });

  it("accepts that each checkpoint continues the one before, and no other", async () => {
    const { vkey, name: origin } = world.verifier;
    const notes: string[] = [];
    for (const count of [1, 2, 61, 3, 200]) {
      await world.append("client-c", count);
      notes.push((await world.audit.grower?.catchUp()) ?? "");
    }
    const opened = notes.map((note) => openCheckpoint(note, world.verifier)!);
    const last = opened.at(-1)!;
    const questions = await Promise.all(
      opened.slice(0, -1).map(async ({ size, root }) => {
        const { body } = await world.get(`/audit/v1/proof/consistency?from=${size}&to=${last.size}`);
        return {
          kind: "consistency",
          vkey,
          origin,
          checkpoint: last.note,
          from: size,
          from_root: root.toString("base64"),
          proof: body["proof"],
        };
      }),
    );
    expect((await ask(judge!, questions)).map(({ accepted, why }) => why ?? accepted)).toEqual(questions.map(() => true));
    const forged = questions.map((question) => ({ ...question, from_root: Buffer.alloc(32).toString("base64") }));
    expect((await ask(judge!, forged)).map(({ accepted }) => accepted)).toEqual(questions.map(() => false));
  });
});
