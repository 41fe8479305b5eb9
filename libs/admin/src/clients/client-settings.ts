import type { ClientSettings } from "@grantline/domain/client";
import { resourceStreamId } from "@grantline/oauth/context";
import type { SettingsInput } from "./client.schema.ts";

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Wire to domain: resources may be named by uri or id, and are kept by id. */
export function readSettings(input: SettingsInput): ClientSettings {
  return withoutUndefined({
    entity: input.entity,
    accessTokenLifetime: input.access_token_lifetime,
    refreshIdleLifetime: input.refresh_idle_lifetime,
    refreshAbsoluteLifetime: input.refresh_absolute_lifetime,
    accessTokenFormat: input.access_token_format,
    refreshRetryWindow: input.refresh_retry_window,
    allowedScopes: input.allowed_scopes,
    allowedResources: input.allowed_resources?.map(resourceIdOf),
    defaultResource: input.default_resource,
    requestsPerMinute: input.requests_per_minute,
    introspects: input.introspects?.map(resourceIdOf),
  });
}

export function showSettings(settings: ClientSettings): Readonly<Record<string, unknown>> {
  return withoutUndefined({
    entity: settings.entity,
    access_token_lifetime: settings.accessTokenLifetime,
    refresh_idle_lifetime: settings.refreshIdleLifetime,
    refresh_absolute_lifetime: settings.refreshAbsoluteLifetime,
    access_token_format: settings.accessTokenFormat,
    refresh_retry_window: settings.refreshRetryWindow,
    allowed_scopes: settings.allowedScopes,
    allowed_resources: settings.allowedResources,
    default_resource: settings.defaultResource,
    requests_per_minute: settings.requestsPerMinute,
    introspects: settings.introspects,
  });
}

function resourceIdOf(reference: string): string {
  return reference.includes(":") ? resourceStreamId(reference) : reference;
}

function withoutUndefined<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}
