import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BridgeCommand, bridgeDecider, type BridgeRegistration, type BridgeState, nextStep } from "@grantline/domain/bridge";
import { type RegistrationTarget, type StepReport, type StepRun, TargetRefused, TargetUnavailable } from "../target.port.ts";

export interface MadeTarget {
  readonly target: RegistrationTarget;
  /** How many applications the other side has now. */
  readonly applications: () => Promise<number>;
  /** The redirect URIs the other side knows for the application with this client_id. */
  readonly redirectUris: (clientId: string) => Promise<readonly string[]>;
  /** How many secrets are kept for registrations. */
  readonly secrets: () => Promise<number>;
  /** From now on the other side does not answer, or does again. */
  readonly away: (gone: boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

let last = 0;

/** What every target of registrations does, whichever directory it is. */
export function runRegistrationTargetContract(name: string, make: () => Promise<MadeTarget>): void {
  describe(`${name} as a registration target`, () => {
    let made: MadeTarget;
    beforeEach(async () => {
      made = await make();
    });
    afterEach(() => made.close());

    it("makes an application in steps, changes it and leaves nothing of it", async () => {
      const story = begin(made.target);
      const active = await story.goOn();
      expect(active.status).toBe("active");
      expect(await made.applications()).toBe(1);
      const clientId = (active as BridgeRegistration).application?.clientId ?? "";
      expect(await made.redirectUris(clientId)).toEqual(["https://agent.example.com/cb"]);
      expect(await made.secrets()).toBeGreaterThan(0);
      story.tell({
        kind: "change",
        now: NOW,
        needsSecret: true,
        documentHash: "h2",
        metadata: metadataOf("https://agent.example.com/other"),
      });
      await story.goOn();
      expect(await made.redirectUris(clientId)).toEqual(["https://agent.example.com/other"]);
      story.tell({ kind: "end", now: NOW, reason: "self" });
      expect((await story.goOn()).status).toBe("gone");
      expect([await made.applications(), await made.secrets()]).toEqual([0, 0]);
    });

    it("finds what an earlier try made, when its report got lost after it was kept", async () => {
      const story = begin(made.target);
      const first = await story.perform();
      const again = await story.perform();
      expect(again).toEqual(first);
      expect(await made.applications()).toBe(1);
      await story.goOn();
    });

    it("takes back twice as well as once", async () => {
      const story = begin(made.target);
      await story.goOn();
      story.tell({ kind: "end", now: NOW, reason: "self" });
      await story.perform();
      expect(await story.perform()).toEqual({ kind: "compensated" });
      expect(await made.applications()).toBe(0);
    });

    it("undoes what was reported too late", async () => {
      const story = begin(made.target);
      const report = await story.perform();
      await made.target.undo(report, story.registration(), aRun());
      expect(await made.applications()).toBe(0);
    });

    it("says that it is away, and nothing else, while it is", async () => {
      const story = begin(made.target);
      await story.goOn();
      story.tell({ kind: "end", now: NOW, reason: "self" });
      await made.away(true);
      expect(await made.target.answers()).toBe(false);
      const failed = await story.perform(aRun(500)).catch((error: unknown) => error);
      expect(failed instanceof TargetUnavailable || failed instanceof TargetRefused).toBe(true);
      expect(String((failed as Error).stack)).not.toMatch(/Bearer |secretText/);
      await made.away(false);
      expect(await made.target.answers()).toBe(true);
      await story.perform();
      expect(await made.applications()).toBe(0);
    });
  });
}

const NOW = Math.floor(Date.now() / 1_000);

function metadataOf(redirectUri: string): BridgeRegistration["metadata"] {
  return {
    client_name: "Contract agent",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "web",
  };
}

function aRun(ms = 20_000): StepRun {
  return { signal: AbortSignal.timeout(ms), hand: new Map(), correlationId: "contract" };
}

/** One registration as its stream would have it, without a store. It was asked for long ago, so that what the target says of it is believed. */
function begin(target: RegistrationTarget) {
  last += 1;
  const bridgeId = `contract${last}x${process.pid}`;
  let state: BridgeState = bridgeDecider.initial;
  const tell = (command: BridgeCommand): void => {
    const { events, outcome } = bridgeDecider.decide(command, state);
    expect(outcome.kind).not.toBe("refused");
    for (const event of events) state = bridgeDecider.evolve(state, { ...event, at: NOW - 3_600 });
  };
  const event = {
    bridgeId,
    clientId: bridgeId,
    origin: "dcr" as const,
    target: target.kind,
    metadata: metadataOf("https://agent.example.com/cb"),
    documentHash: "h1",
  };
  tell({ kind: "request", now: NOW, event: { ...event, needsSecret: true } });
  const run = aRun(60_000);
  const registration = (): BridgeRegistration => state as unknown as BridgeRegistration;
  const perform = async (with_ = run): Promise<StepReport> => {
    const step = nextStep(state, { now: NOW, rotateAhead: 0 });
    if (step === undefined) throw new Error("there is nothing to do");
    return target.perform(step, registration(), with_);
  };
  return {
    tell,
    perform,
    registration,
    async goOn(): Promise<BridgeState> {
      while (nextStep(state, { now: NOW, rotateAhead: 0 }) !== undefined)
        tell({ now: NOW, life: (state as { life: number }).life, ...(await perform()) } as BridgeCommand);
      return state;
    },
  };
}
