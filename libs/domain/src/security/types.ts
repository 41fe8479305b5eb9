import type { DomainEvent } from "../kernel/index.ts";

/**
 * Stream `security-{writer}-{yyyymmdd}`. Caused by strangers, so counted (P13): one event per reason, client, address
 * prefix and minute, with how often. `prefix` is sealed under the day's address key.
 */
interface Counted {
  readonly reason: string;
  readonly count: number;
  readonly minute: number;
  readonly clientId?: string;
  readonly prefix?: string;
  readonly endpoint?: string;
}
export type ClientAuthenticationFailed = DomainEvent<"ClientAuthenticationFailed", Counted>;
export type LoginFailed = DomainEvent<"LoginFailed", Counted>;
export type RateLimited = DomainEvent<"RateLimited", Counted>;
export type RequestRefused = DomainEvent<"RequestRefused", Counted>;
export type AnomalyDetected = DomainEvent<"AnomalyDetected", Counted>;
export type SecurityEvent = ClientAuthenticationFailed | LoginFailed | RateLimited | RequestRefused | AnomalyDetected;
export type SecurityEventCount = Counted;
