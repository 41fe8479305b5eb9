export type { AlertMetrics, SinkOptions } from "./sink.port.ts";
export { webhookHeaders, webhookKey } from "./webhook/sign.ts";
export { runWebhook, type WebhookOptions } from "./webhook/webhook.ts";
export { AUTHORIZATION, streamSubject, type SsfContext } from "./ssf/context.ts";
export { runPush, type PushOptions } from "./ssf/push.ts";
export type { SetSources } from "./ssf/sets.ts";
export type { SignalSources } from "./ssf/signals.ts";
export { ssfEndpoints } from "./ssf/ssf.endpoints.ts";
