import { OAuthError } from "../../errors/index.ts";

// RFC 8628 §3.5: the answers a device polls for

export function stillPending(): OAuthError {
  return new OAuthError("authorization_pending", "device-pending", "The person has not decided yet. Ask again after the interval.");
}

export function tooFast(): OAuthError {
  return new OAuthError("slow_down", "device-too-fast", "Asked too soon. Wait 5 seconds longer between requests from now on.");
}

export function deviceExpired(): OAuthError {
  return new OAuthError(
    "expired_token",
    "device-expired",
    "The device code has expired. Start again at the device authorization endpoint.",
  );
}

export function deviceDenied(): OAuthError {
  // RFC 6749 §5.2: errors of the token endpoint are 400
  return new OAuthError("access_denied", "access-denied", "The person did not allow this.", { status: 400 });
}

export function deviceCodeUnknown(): OAuthError {
  return new OAuthError(
    "invalid_grant",
    "device-code-unknown",
    "The device code is unknown. Start again at the device authorization endpoint.",
  );
}

export function deviceCodeUsed(): OAuthError {
  return new OAuthError("invalid_grant", "device-code-used", "The device code was used already.");
}
