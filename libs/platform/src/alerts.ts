import { receiverDecider } from "@grantline/domain/receiver";
import {
  AUTHORIZATION,
  runPush,
  runWebhook,
  ssfEndpoints,
  streamSubject,
  webhookKey,
  type SignalSources,
  type SinkOptions,
  type SsfContext,
} from "@grantline/alerts";
import type { Config } from "@grantline/config";
import type { Lease } from "@grantline/feed";
import type { Endpoint } from "@grantline/oauth/http";
import { tables, type ReceiverRow } from "@grantline/read-model";
import type { Platform } from "./platform.ts";
import { lazySecretStore } from "./secret-store.ts";
import type { WatchingParts } from "./watching.ts";

const SECRET_NAME = "oauth/alerts/webhook/signing-key";
const PAGE = 200;

/** This server as a transmitter of shared signals, where the settings want one. */
export function signalEndpointsOf(platform: Platform): readonly Endpoint[] {
  const { context, runtime, fetcher } = platform;
  if (context.settings.signals !== true) return [];
  const receivers = runtime.repository(receiverDecider);
  const ssf: SsfContext = {
    oauth: context,
    receivers,
    readModel: context.readModel,
    sources: sourcesOf(platform),
    checkUrl: (url) => fetcher.check(url),
  };
  return ssfEndpoints(ssf);
}

/** The sinks this installation has, each the work of a lease. */
export function sinkWork(parts: WatchingParts): Readonly<Record<string, (lease: Lease) => Promise<void>>> {
  const { webhookUrl, ssf } = parts.config.alerts;
  return {
    ...(webhookUrl === undefined ? {} : { "alerts-webhook": (lease: Lease) => sendWebhooks(parts, webhookUrl, lease) }),
    ...(ssf ? { signals: (lease: Lease) => pushSignals(parts, lease) } : {}),
  };
}

async function sendWebhooks(parts: WatchingParts, url: string, lease: Lease): Promise<void> {
  const { context } = parts.platform;
  const secrets = webhookSecrets(parts);
  try {
    await runWebhook(
      {
        ...sinkOptions(parts),
        url,
        key: secrets.key,
        loadFinding: async (id) => (await context.findings.load(id)).state,
        enabled: () => context.flags.enabled("alerts.webhook"),
      },
      lease,
    );
  } finally {
    await secrets.close();
  }
}

async function pushSignals(parts: WatchingParts, lease: Lease): Promise<void> {
  const { platform } = parts;
  const { context, runtime } = platform;
  const receivers = runtime.repository(receiverDecider);
  await runPush(
    {
      ...sinkOptions(parts),
      ...sourcesOf(platform),
      signer: context.signer,
      listReceivers: () => pushedReceivers(platform),
      loadReceiver: async (receiver) => (await receivers.load(receiver)).state,
      openAuthorization: (streamId, sealed) => context.subjectKeys.open(streamSubject(streamId), AUTHORIZATION, sealed),
      enabled: () => context.flags.enabled("alerts.ssf"),
    },
    lease,
  );
}

function sinkOptions({ platform, log, instruments: { metrics } }: WatchingParts): SinkOptions {
  const { store, readModel, clock } = platform.context;
  return { store, readModel, clock, log, metrics, exchange: platform.exchange };
}

function sourcesOf({ context }: Pick<Platform, "context">): SignalSources {
  return {
    issuer: context.settings.issuer,
    loadGrant: async (grantId) => (await context.grants.load(grantId)).state,
    loadFinding: async (id) => {
      const { state } = await context.findings.load(id);
      return state.status === "none" ? {} : { finding: state.finding };
    },
  };
}

async function pushedReceivers({ context: { readModel } }: Pick<Platform, "context">): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await readModel.list(tables.receivers, {
      where: { status: "active", method: "push" },
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.rows.map(({ value }) => (value as ReceiverRow).receiver));
    cursor = page.nextCursor;
    if (cursor === undefined) return found;
  }
}

/** The webhook's key: the one of the settings, else the one of the secret stores. */
function webhookSecrets({ config, log }: { readonly config: Config; readonly log: WatchingParts["log"] }) {
  const { webhookSecret } = config.alerts;
  const store = lazySecretStore({ config, env: process.env, onTrouble: (what) => log.warn({ what }, "secret stores") });
  return {
    async key(): Promise<Buffer> {
      const secret = webhookSecret ?? (await store.get(SECRET_NAME))?.value;
      if (secret === undefined || !secret.startsWith("whsec_"))
        throw new Error(`there is no webhook secret: set GRANTLINE_ALERTS_WEBHOOK_SECRET, or the secret ${SECRET_NAME}`);
      return webhookKey(secret);
    },
    close: () => store.close(),
  };
}
