import { type BridgeCommand, type BridgeOutcome, type BridgeState, nextStep } from "@grantline/domain/bridge";
import type { CommandMeta, StreamRepository } from "@grantline/event-store";
import { SecretStoreUnavailable } from "@grantline/secrets";
import { type RegistrationTarget, type StepRun, TargetRefused, TargetUnavailable } from "../target.port.ts";

export type Bridges = StreamRepository<BridgeState, BridgeCommand, BridgeOutcome>;

export interface DriveParts {
  readonly bridges: Bridges;
  readonly target: RegistrationTarget;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  /** A secret that ends within so many seconds gets a successor. */
  readonly rotateAhead: number;
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
  const { bridges, target, clock, rotateAhead } = parts;
  for (;;) {
    const { state } = await bridges.load(bridgeId, { fresh: true });
    const step = nextStep(state, { now: clock.now(), rotateAhead });
    if (step === undefined || state.status === "none" || state.status === "gone") return state;
    // made at another target, before the settings were changed: nobody here can reach it
    if (state.target !== target.kind) throw new TargetUnavailable(`the registration was made at ${state.target}`);
    if (run.signal.aborted) throw new TargetUnavailable("no time is left for the next step");
    await run.assertHeld?.();
    try {
      const report = await target.perform(step, state, run);
      const told = { now: clock.now(), life: state.life, ...report } as BridgeCommand;
      const { outcome } = await bridges.execute(bridgeId, told, run.meta);
      if (outcome.kind === "refused") {
        await target.undo(report, state, run);
        throw new TargetUnavailable(`the step ${step.kind} was overtaken`);
      }
    } catch (error) {
      if (!(error instanceof TargetRefused) || state.status !== "pending") throw asUnavailable(error);
      const failed: BridgeCommand = { kind: "fail", now: clock.now(), life: state.life, step: step.kind, reason: error.reason };
      await bridges.execute(bridgeId, failed, run.meta);
    }
  }
}

/** A secret store that can't answer is no worse than a target that can't. */
function asUnavailable(error: unknown): unknown {
  if (error instanceof SecretStoreUnavailable)
    return new TargetUnavailable(error.message, error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1_000));
  return error;
}
