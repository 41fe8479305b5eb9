import { type BridgeCommand, type BridgeOutcome, type BridgeState, type BridgeStep, nextStep } from "@grantline/domain/bridge";
import type { CommandMeta, StreamRepository } from "@grantline/event-store";
import { SecretRefused, SecretStoreAbsent, SecretStoreReadOnly, SecretStoreUnavailable, SecretUnreadable } from "@grantline/secrets";
import { ZodError } from "zod";
import { type RegistrationTarget, type StepRun, TargetRefused, TargetUnavailable } from "../target.port.ts";

export type Bridges = StreamRepository<BridgeState, BridgeCommand, BridgeOutcome>;

export interface DriveParts {
  readonly bridges: Bridges;
  readonly target: RegistrationTarget;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  /** A secret that ends within so many seconds gets a successor. */
  readonly rotateAhead: number;
  readonly log: { warn(members: object, text: string): void };
}

export interface DriveRun extends StepRun {
  readonly meta: CommandMeta;
  /** Asked right before each step; throws when the work is another's. */
  assertHeld?(): Promise<void>;
}

/**
 * Brings a registration to where nothing is left to do, one step after another: look at the stream, do what comes next, tell the stream. Nothing is
 * remembered in between, so whoever comes after a kill goes on at the same place. @throws TargetUnavailable, with the work left for later
 */
export async function drive(parts: DriveParts, bridgeId: string, run: DriveRun): Promise<BridgeState> {
  const { bridges, target, clock, rotateAhead, log } = parts;
  for (;;) {
    const { state } = await bridges.load(bridgeId, { fresh: true });
    const step = nextStep(state, { now: clock.now(), rotateAhead });
    if (step === undefined || state.status === "none" || state.status === "gone") return state;
    // made at another target, before the settings were changed: nobody here can reach it
    if (state.target !== target.kind) throw new TargetUnavailable(`the registration was made at ${state.target}`);
    if (run.signal.aborted) throw new TargetUnavailable("no time is left for the next step");
    await run.assertHeld?.();
    try {
      await takeStep(parts, { state, step, run, bridgeId });
    } catch (cause) {
      const error = asTargetError(cause);
      if (!(error instanceof TargetRefused) || state.status !== "pending") throw error;
      const { reason, message: why } = error;
      log.warn(
        { bridgeId, step: step.kind, reason, why, correlationId: run.correlationId },
        "the bridge's target refused; nothing of it stays",
      );
      const failed: BridgeCommand = { kind: "fail", now: clock.now(), life: state.life, step: step.kind, reason };
      await bridges.execute(bridgeId, failed, run.meta);
    }
  }
}

/** Where a registration stands that is given up, for its event. */
export function stepOf({ clock, rotateAhead }: Pick<DriveParts, "clock" | "rotateAhead">, state: BridgeState): BridgeStep["kind"] {
  return nextStep(state, { now: clock.now(), rotateAhead })?.kind ?? "compensate";
}

interface Taking {
  readonly bridgeId: string;
  readonly state: Exclude<BridgeState, { status: "none" | "gone" }>;
  readonly step: BridgeStep;
  readonly run: DriveRun;
}

/** Does it and tells the stream; what the stream does not want any more is undone. */
async function takeStep({ bridges, target, clock }: DriveParts, { bridgeId, state, step, run }: Taking): Promise<void> {
  const report = await target.perform(step, state, run);
  const told = { now: clock.now(), life: state.life, ...report } as BridgeCommand;
  const { outcome } = await bridges.execute(bridgeId, told, run.meta);
  if (outcome.kind !== "refused") return;
  await target.undo(report, state, run);
  throw new TargetUnavailable(`the step ${step.kind} was overtaken`);
}

/** A secret store that fails is no worse than a target that does; an answer nobody can read is a refusal. None of it may hold up other registrations. */
function asTargetError(error: unknown): unknown {
  if (error instanceof ZodError) return new TargetRefused("target-answer-invalid", "the target's answer lacks what it should hold");
  if (error instanceof SecretStoreUnavailable)
    return new TargetUnavailable(error.message, error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1_000));
  const stores = [SecretStoreReadOnly, SecretStoreAbsent, SecretUnreadable, SecretRefused];
  return stores.some((kind) => error instanceof kind) ? new TargetUnavailable((error as Error).message) : error;
}
