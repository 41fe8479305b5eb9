// Real: event store, listings and secret store in files, @azure/identity over HTTPS. Stand-in: Graph. A kill is a process that does nothing from one moment on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agent, bearer, INITIAL, openTestBridge, type TestBridge } from "../fixtures/bridge.ts";
import { type Entra, entraParts, leftAt, startEntra } from "../fixtures/entra.ts";
import { createKiller } from "../fixtures/killing.ts";
import { lifeCycle, resume } from "./duties.ts";

let entra: Entra;
beforeAll(async () => {
  entra = await startEntra();
});
afterAll(() => entra.close());
// each of them starts the bridge some forty times
const LONG_MS = 240_000;

const DAY = 86_400;
const NOTHING = { applications: 0, passwords: 0, deleted: 0 };

function open(options: { readonly dir?: string; readonly now?: number; readonly killAt?: number }) {
  const killer = createKiller(options.killAt ?? 0);
  const fetch = killer.fetch(entra.fetch);
  const bridge = openTestBridge({
    ...options,
    fetch,
    made: (secrets, clock) => entraParts({ ...entra, fetch }, secrets, clock),
    around: { store: killer.store, secrets: killer.secrets },
  });
  return bridge.then((opened) => ({ ...opened, killer }));
}

const register = (bridge: Pick<TestBridge, "call">) =>
  bridge.call("POST", "/bridge/register", { headers: bearer(INITIAL), body: JSON.stringify(agent()) });

/** The next process, some time later, does what its duties do until nothing is left to be gone on with. */
async function restarted(dir: string, now: number) {
  const next = await open({ dir, now });
  for (let round = 0; round < 3; round += 1) {
    await next.projector.caughtUp();
    await resume(next.parts);
  }
  return next;
}

async function secretNames({ secrets }: TestBridge): Promise<readonly string[]> {
  return (await secrets.list()).map(({ name }) => name);
}

describe("a process that is killed at any moment of a registration", () => {
  it(
    "leaves no application and no secret that nobody owns",
    async () => {
      const moments = new Set<string>();
      for (let killAt = 1; ; killAt += 1) {
        const first = await open({ killAt });
        const ended = await Promise.race([register(first), first.killer.killed]);
        for (const moment of first.killer.moments) moments.add(moment);
        await first.close({ keep: true });
        const next = await restarted(first.dir, first.clock.now() + 120);
        if (ended !== "killed") {
          expect(ended.status).toBe(201);
          expect(leftAt(entra.standIn)).toEqual({ applications: 1, passwords: 1, deleted: 0 });
          next.clock.time += 31 * DAY;
          await lifeCycle(next.parts);
          expect([leftAt(entra.standIn), await secretNames(next)]).toEqual([NOTHING, []]);
          await next.close();
          break;
        }
        // Killed after the last append: whole, known, and gone once nobody has used it.
        const whole = leftAt(entra.standIn).applications === 1;
        if (whole) {
          expect((await secretNames(next)).length, `killed ${first.killer.moments.at(-1)}`).toBe(1);
          next.clock.time += 31 * DAY;
          await lifeCycle(next.parts);
        }
        const left = [leftAt(entra.standIn), await secretNames(next)];
        expect(left, `killed ${first.killer.moments.at(-1)}`).toEqual([NOTHING, []]);
        await next.close();
      }
      expect([...moments].filter((moment) => moment.startsWith("after"))).toEqual([
        "after append",
        expect.stringContaining("applications(uniqueName"),
        expect.stringContaining("servicePrincipals"),
        expect.stringContaining("addPassword"),
        "after secrets.set",
      ]);
    },
    LONG_MS,
  );
});

describe("a process that is killed at any moment of a rotation", () => {
  it(
    "leaves the client with a secret that works, and none beside it",
    async () => {
      for (let killAt = 1, over = false; !over; killAt += 1) {
        const first = await open({});
        expect((await register(first)).status).toBe(201);
        first.clock.time += 100 * DAY;
        await markUsed(first);
        await first.projector.caughtUp();
        await first.close({ keep: true });
        const rotating = await open({ dir: first.dir, now: first.clock.now() + 70 * DAY, killAt });
        over = (await Promise.race([lifeCycle(rotating.parts), rotating.killer.killed])) !== "killed";
        await rotating.close({ keep: true });
        // what the duties do in the hours after: go on, and take the former secret away when the overlap has passed
        const next = await restarted(first.dir, rotating.clock.now() + 120);
        for (let round = 0; round < 2; round += 1) {
          next.clock.time += 2 * DAY;
          await lifeCycle(next.parts);
          await next.projector.caughtUp();
        }
        const [application] = entra.standIn.directory.applications();
        const stored = await Promise.all((await secretNames(next)).map(async (name) => (await next.secrets.get(name))?.value));
        const at = `killed ${rotating.killer.moments.at(-1)}`;
        expect([application?.passwords.map(({ secretText }) => secretText), at]).toEqual([stored, at]);
        expect([stored.length, at]).toEqual([1, at]);
        await removeAll(next);
        await next.close();
      }
    },
    LONG_MS,
  );
});

describe("a process that is killed at any moment of a removal", () => {
  it(
    "leaves nothing after the next round",
    async () => {
      for (let killAt = 1, over = false; !over; killAt += 1) {
        const first = await open({});
        const { body } = await register(first);
        await first.close({ keep: true });
        const removing = await open({ dir: first.dir, now: first.clock.now() + 3_600, killAt });
        const asked = removing.call("DELETE", `/bridge/register/${String(body["client_id"])}`, {
          headers: bearer(String(body["registration_access_token"])),
        });
        over = (await Promise.race([asked, removing.killer.killed])) !== "killed";
        await removing.close({ keep: true });
        const next = await restarted(first.dir, removing.clock.now() + 120);
        // killed before the stream had it: still the client's own, and asked for again
        if (entra.standIn.directory.applications().length > 0) await removeAll(next);
        expect([leftAt(entra.standIn), await secretNames(next)]).toEqual([NOTHING, []]);
        await next.close();
      }
    },
    LONG_MS,
  );
});

async function markUsed({ parts, clock, projector }: TestBridge): Promise<void> {
  await projector.caughtUp();
  for (const id of await ids(parts))
    await parts.bridges.execute(
      id,
      { kind: "used", now: clock.now(), atMostEvery: 1 },
      { correlationId: "t", actor: { kind: "system", id: "t" } },
    );
}

async function removeAll(bridge: TestBridge): Promise<void> {
  bridge.clock.time += 91 * DAY;
  await lifeCycle(bridge.parts);
  expect(leftAt(entra.standIn)).toEqual(NOTHING);
}

async function ids({ readModel }: TestBridge["parts"]): Promise<readonly string[]> {
  const { rows } = await readModel.list("bridges.v1", { where: { status: "active" }, limit: 100 });
  return rows.map(({ value }) => (value as { bridgeId: string }).bridgeId);
}
