import { z } from "zod";
import { flag, list, text } from "../kinds.ts";

const KINDS = [
  "refresh-reuse",
  "code-replay",
  "new-place",
  "movement",
  "burst",
  "registration-flood",
  "client-authentication-failures",
  "scope-probing",
] as const;
const RESPONSES = ["observe", "alert", "step-up", "suspend-client", "revoke-grant"] as const;
/** Strangers cause these, in names that are not theirs: a response against a name would be theirs to trigger. */
const TELL_ONLY: readonly string[] = ["registration-flood", "client-authentication-failures"];

type Kind = (typeof KINDS)[number];
type Response = (typeof RESPONSES)[number];

/** `kind=response` → the pair; what is no pair of ours is refused with the reason. */
const rule = z.string().transform((entry, context): readonly [Kind, Response] => {
  const [kind, response, ...rest] = entry.split("=").map((part) => part.trim());
  const problem = !(KINDS as readonly (string | undefined)[]).includes(kind)
    ? `${JSON.stringify(kind)} is no kind of finding`
    : !(RESPONSES as readonly (string | undefined)[]).includes(response) || rest.length > 0
      ? `${kind} needs one response`
      : TELL_ONLY.includes(kind as string) && response !== "observe" && response !== "alert"
        ? `${kind} may only be observed or alerted: anybody can cause it in anybody's name`
        : undefined;
  if (problem !== undefined) {
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  }
  return [kind as Kind, response as Response];
});

/** What looks wrong in the log, and what is done about it. */
export const anomalies = z.strictObject({
  policy: list(rule, [], {
    env: "GRANTLINE_ANOMALIES_POLICY",
    allowed: `a list of kind=response; kinds ${KINDS.join(", ")}; responses ${RESPONSES.join(", ")}`,
    defaultText: "alert for every kind: people are told, nothing is touched",
    doc: "What happens when something is found. Findings of low severity are observed whatever this says.",
  }),
});

/** Who is told of findings. */
export const alerts = z.strictObject({
  webhookUrl: text(z.url({ protocol: /^https?$/ }).optional(), {
    env: "GRANTLINE_ALERTS_WEBHOOK_URL",
    allowed: "an https URL, in development also http on this machine",
    defaultText: "none: no webhook",
    doc: "Where findings and responses are sent, signed as Standard Webhooks says.",
  }),
  webhookSecret: text(
    z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, { error: "not of that form" })
      .optional(),
    {
      env: "GRANTLINE_ALERTS_WEBHOOK_SECRET",
      secret: true,
      allowed: "whsec_ and 24 to 64 bytes in base64",
      defaultText: "none; needed with a webhook unless the secret stores have it",
      doc: "Key of the webhook's signatures. Left out, the secret `oauth/alerts/webhook/signing-key` of the secret stores is used.",
    },
  ),
  ssf: flag(false, {
    env: "GRANTLINE_SSF",
    doc: "Whether this server is a transmitter of the Shared Signals Framework: session-revoked, credential-change and risk-level-change for receivers an operator made a client for.",
  }),
});
