import { clientForPerson } from "../authorization-request/index.ts";
import { browserKey } from "../browser/index.ts";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { findPending, type PendingDevice } from "../device-request/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest } from "../http/index.ts";

/** A device whose code was typed in this browser. Sealed into the URL of the decision page. */
interface OpenedDevice {
  readonly id: string;
  readonly browser: string;
}

export function decisionUrl(context: Pick<OAuthContext, "seals" | "settings">, request: HttpRequest, { id }: PendingDevice): string {
  const opened: OpenedDevice = { id, browser: browserKey(context, request) ?? "" };
  return `${context.settings.basePath}/device/decision?device=${encodeURIComponent(context.seals.seal("device-decision", opened))}`;
}

/**
 * The device a person is deciding about, and its client looked at again. Throws page errors: interaction-unknown (forged, another browser's),
 * device-expired, device-decided, and what the directory throws.
 */
export async function openDevice(
  context: Pick<OAuthContext, "seals" | "clock" | "settings" | "directory" | "devices" | "ephemeral">,
  request: HttpRequest,
  sealed: string | undefined,
): Promise<{ readonly pending: PendingDevice; readonly client: ClientView }> {
  const opened = sealed === undefined ? undefined : context.seals.open<OpenedDevice>("device-decision", sealed);
  // Whoever sends the link of this page to another person gets nowhere: the code has to be typed in the browser that decides (RFC 8628 §5.4)
  if (opened === undefined || browserKey(context, request) !== opened.browser) throw unknown();
  const pending = await findPending(context, opened.id);
  if (pending === undefined || pending.request.expiresAt <= context.clock.now()) throw expired();
  if ((await context.devices.load(pending.id, { fresh: true })).state.status !== "none") throw decided();
  return { pending, client: await clientForPerson(context, pending.request.clientId) };
}

function unknown(): OAuthError {
  return new OAuthError("invalid_request", "interaction-unknown", "The code of this device was not typed in this browser. Type it again.");
}

export function expired(): OAuthError {
  return new OAuthError("expired_token", "device-expired", "The code has expired. Your device can show a new one.");
}

export function decided(): OAuthError {
  return new OAuthError("invalid_request", "device-decided", "This device was already answered. Start again on the device if you need to.");
}
