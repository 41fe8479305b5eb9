import type { DeviceApproval, DeviceRequest } from "@grantline/domain/device";
import type { GrantBasis } from "@grantline/domain/grant";
import { EventStoreUnavailable, type CommandMeta } from "@grantline/event-store";
import { administrationByDevice, deviceResources, deviceScopes, slowDownsOf } from "../../device-request/index.ts";
import { grantIdOf } from "../../interaction/index.ts";
import { currentStanding } from "../../standing/index.ts";
import { grantRefused } from "../grant-refusals.ts";
import { standingQuery } from "../grant-standing.ts";
import { chooseTarget, targetScope } from "../grant-target.ts";
import { mayRefresh, mintGrantAccess, mintGrantRefresh } from "../grant-tokens.ts";
import type { GrantContext, TokenAnswer, TokenCall } from "../grant-type.ts";
import { redemptionAnswer } from "../redemption-answer.ts";
import type { DeviceCodeRequest } from "./device-code.request.ts";
import { deviceCodeUsed } from "./refusals.ts";

interface Approved {
  readonly asked: DeviceCodeRequest;
  readonly request: DeviceRequest;
  readonly approval: DeviceApproval;
  readonly meta: CommandMeta;
}

/** Creates `grant-{id derived from the device's}` with its first tokens: that append consumes the device code (P2). */
export async function openGrant(context: GrantContext, { client }: TokenCall, approved: Approved): Promise<TokenAnswer> {
  const { asked, request, approval, meta } = approved;
  const { consent, ...allowed } = approval;
  const basis = withoutAdministration({ clientId: request.clientId, ...allowed });
  const target = chooseTarget(context, basis, asked.resource);
  const scope = targetScope(basis, target);
  const now = context.clock.now();
  const grantId = grantIdOf(context.settings, asked.deviceId);
  const order = { grantId, basis, client, n: 0, scope, now, ...(target === undefined ? {} : { target }) };
  const refresh = mayRefresh(basis, client) ? mintGrantRefresh(context, order, 1) : undefined;
  const access = await mintGrantAccess(context, order, refresh);
  const { outcome } = await context.grants.execute(
    grantId,
    {
      kind: "open-by-device",
      now,
      event: { ...basis, consent, codeHash: request.codeHash, codeExpiresAt: request.expiresAt, redirectUriGiven: false },
      standing: await currentStanding(context, standingQuery(basis)),
      access: access.record,
      ...(refresh === undefined ? {} : { refresh: refresh.record }),
    },
    meta,
  );
  const taken = outcome.kind === "refused" && outcome.reason === "grant-exists";
  if (outcome.kind === "redeemed" || taken) await tellDevice(context, asked.deviceId, grantId, meta);
  if (taken) throw deviceCodeUsed();
  if (outcome.kind === "refused") throw grantRefused(outcome.reason);
  return redemptionAnswer(context, { basis, client, access, scope, now, ...(refresh === undefined ? {} : { refresh }) });
}

/** Whatever the log says was approved: no device is given administration (P14, RFC 8628 §5.4). */
function withoutAdministration(basis: GrantBasis): GrantBasis {
  const resources = deviceResources(basis.resources);
  const scope = deviceScopes(basis.scope);
  if (resources.length === 0 && scope.length === 0 && basis.scope.length > 0) throw administrationByDevice();
  return { ...basis, resources, scope };
}

/**
 * The device's own stream says what became of it. The grant already stands and refuses every further poll, so a store that goes away between the
 * two appends must not cost the device its tokens: the next poll, or nobody, tells it.
 */
async function tellDevice(context: GrantContext, deviceId: string, grantId: string, meta: CommandMeta): Promise<void> {
  const command = { kind: "redeem", now: context.clock.now(), grantId, slowDowns: await slowDownsOf(context, deviceId) } as const;
  await context.devices.execute(deviceId, command, meta).catch((error: unknown) => {
    if (!(error instanceof EventStoreUnavailable)) throw error;
  });
}

/** Records that nobody came for what was allowed: once, and only for what a person had allowed (P13). */
export async function expireDevice(context: GrantContext, deviceId: string, meta: CommandMeta): Promise<void> {
  await context.devices.execute(
    deviceId,
    { kind: "expire", now: context.clock.now(), slowDowns: await slowDownsOf(context, deviceId) },
    meta,
  );
}
