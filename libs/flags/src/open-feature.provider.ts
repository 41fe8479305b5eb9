import { isFlagName, type FlagAbout, type FlagReason } from "@grantline/domain/flag";
import {
  ErrorCode,
  OpenFeature,
  OpenFeatureEventEmitter,
  ProviderEvents,
  StandardResolutionReasons,
  type EvaluationContext,
  type Provider,
  type ResolutionDetails,
} from "@openfeature/server-sdk";
import type { Flags } from "./flags.port.ts";

const REASONS: Readonly<Record<FlagReason, string>> = {
  killed: StandardResolutionReasons.DISABLED,
  client: StandardResolutionReasons.TARGETING_MATCH,
  provider: StandardResolutionReasons.TARGETING_MATCH,
  rollout: StandardResolutionReasons.SPLIT,
  everybody: StandardResolutionReasons.STATIC,
};

/** Under this name `OpenFeature.getClient` finds our flags. */
export const OPEN_FEATURE_DOMAIN = "grantline";

/** Makes the flags those of the process for whoever asks through the SDK. */
export async function provideFlags(flags: Pick<Flags, "evaluate" | "onChanged">): Promise<void> {
  await OpenFeature.setProviderAndWait(OPEN_FEATURE_DOMAIN, createFlagProvider(flags));
}

/**
 * Our flags as a provider of the OpenFeature SDK, for code that is written against that. The subject is the `targetingKey`; `client` and `provider` are members
 * of the evaluation context. Same state and same function as `Flags.enabled`; all flags are booleans.
 */
export function createFlagProvider(flags: Pick<Flags, "evaluate" | "onChanged">): Provider {
  const events = new OpenFeatureEventEmitter();
  let end: (() => void) | undefined;
  return {
    metadata: { name: "grantline" },
    runsOn: "server",
    events,
    initialize: async () => {
      end = flags.onChanged((flag) => events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [flag] }));
    },
    onClose: async () => end?.(),
    async resolveBooleanEvaluation(flag, otherwise, context) {
      if (!isFlagName(flag)) return unknownFlag(otherwise);
      const { on, reason } = flags.evaluate(flag, aboutOf(context));
      return { value: on, variant: on ? "on" : "off", reason: REASONS[reason] };
    },
    resolveStringEvaluation: async (flag, otherwise) => noBoolean(flag, otherwise),
    resolveNumberEvaluation: async (flag, otherwise) => noBoolean(flag, otherwise),
    resolveObjectEvaluation: async (flag, otherwise) => noBoolean(flag, otherwise),
  };
}

function aboutOf({ targetingKey, client, provider }: EvaluationContext): FlagAbout {
  return { subject: targetingKey, client: textOf(client), provider: textOf(provider) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function unknownFlag<T>(value: T): ResolutionDetails<T> {
  return { value, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.FLAG_NOT_FOUND };
}

function noBoolean<T>(flag: string, value: T): ResolutionDetails<T> {
  if (!isFlagName(flag)) return unknownFlag(value);
  return { value, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.TYPE_MISMATCH, errorMessage: `${flag} is a boolean` };
}
