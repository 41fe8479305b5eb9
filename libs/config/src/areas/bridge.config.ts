import { z } from "zod";
import { text } from "../kinds.ts";

/** The bridge from dynamic registration to other directories. */
export const bridge = z.strictObject({
  registryUrl: text(z.url({ protocol: /^https?$/ }).optional(), {
    env: "GRANTLINE_BRIDGE_REGISTRY_URL",
    allowed: "the http or https URL of a registration endpoint (RFC 7591)",
    defaultText: "our own: `<issuer>/register`",
    doc: "Where dcr-bridge registers the clients it is asked for.",
  }),
});
