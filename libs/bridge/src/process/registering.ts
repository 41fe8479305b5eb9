import type { BridgeState } from "@grantline/domain/bridge";
import type { CommandMeta } from "@grantline/event-store";
import type { BridgeContext } from "../context.ts";
import { asAnswer } from "./as-answer.ts";
import { drive, stepOf } from "./drive.ts";

/** Registrations that take longer are an alarm (issue: completed within 5 s). */
const ALARM_SECONDS = 10;
/** For taking back what failed, while its requester still waits for the refusal; what is left then is the duty's. */
const TAKE_BACK_MS = 3_000;

type What = Parameters<BridgeContext["metrics"]["bridged"]>[0];

/** Drives while somebody waits for it: measured, with an end, and with an answer for every way it can go wrong. */
export async function driveNow(context: BridgeContext, bridgeId: string, what: What, meta: CommandMeta): Promise<BridgeState> {
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(context.settings.patience * 1_000);
  let outcome: "done" | "failed" = "failed";
  try {
    const state = await drive(context, bridgeId, { signal, hand: new Map(), correlationId: meta.correlationId, meta });
    if (state.status === "active" || what === "remove") outcome = "done";
    return state;
  } catch (error) {
    if (what === "register") await takeBack(context, bridgeId, meta);
    throw asAnswer(error);
  } finally {
    const seconds = (performance.now() - startedMs) / 1_000;
    context.metrics.bridged(what, outcome, seconds);
    if (seconds > ALARM_SECONDS) context.log.warn({ bridgeId, what, outcome, seconds }, "the bridge's target is slow");
  }
}

/** Nobody will get the credentials any more, so nothing of it may stay. */
async function takeBack(context: BridgeContext, bridgeId: string, meta: CommandMeta): Promise<void> {
  const { bridges, clock, log } = context;
  try {
    const { state } = await bridges.load(bridgeId, { fresh: true });
    if (state.status !== "pending") return;
    const failed = { now: clock.now(), life: state.life, step: stepOf(context, state), reason: "target-unavailable" } as const;
    await bridges.execute(bridgeId, { kind: "fail", ...failed }, meta);
    const signal = AbortSignal.timeout(TAKE_BACK_MS);
    await drive(context, bridgeId, { signal, hand: new Map(), correlationId: meta.correlationId, meta });
  } catch (error) {
    log.warn({ bridgeId, err: error }, "a failed registration of the bridge could not be taken back yet; the duty goes on with it");
  }
}
