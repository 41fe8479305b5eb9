import { z } from "zod";
import { isAddressOrBlock } from "../addresses.ts";
import { duration, flag, list, text, whole } from "../kinds.ts";
import { issuerFault } from "../urls.ts";

const issuer = z.string().superRefine((value, context) => {
  const fault = issuerFault(value);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

/** Where the server listens, what it calls itself and where it keeps its data. */
export const server = z.strictObject({
  port: whole({ min: 0, max: 65_535, default: 8080 }, { env: "GRANTLINE_PORT", doc: "Port to listen on. 0 takes any free one." }),
  host: text(
    z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\s/]+$/)
      .default("127.0.0.1"),
    {
      env: "GRANTLINE_HOST",
      allowed: "an IP address or host name of this machine",
      doc: "Address to listen on. In a container set `0.0.0.0`; elsewhere keep a reverse proxy in front.",
    },
  ),
  issuer: text(issuer.optional(), {
    env: "GRANTLINE_ISSUER",
    allowed: "an absolute https URL (http outside production) without query, fragment, user or slash at the end",
    defaultText: "`http://localhost:<port>/oauth`",
    doc: "The issuer identifier, exactly as clients will see and compare it. Endpoints live below it. In production it must be https.",
  }),
  allowHttpIssuer: flag(false, {
    env: "GRANTLINE_ALLOW_HTTP_ISSUER",
    doc: "Allows an http issuer in production when its host is a loopback one, for trying a production set-up on one machine.",
  }),
  dataDir: text(z.string().min(1).default("./.grantline"), {
    env: "GRANTLINE_DATA_DIR",
    allowed: "a folder this process may write to",
    doc: "Folder of the event store, the read models and the keys. Relative to the working directory.",
  }),
  trustedProxies: list(z.string().refine(isAddressOrBlock, { error: "not an IP address or CIDR block" }), [], {
    env: "GRANTLINE_TRUSTED_PROXIES",
    allowed: "a list of IP addresses and CIDR blocks, such as 10.0.0.0/8,::1",
    doc: "Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. None by default: then the peer's own address counts.",
  }),
  workers: whole(
    { min: 1, max: 64, default: 1 },
    { env: "GRANTLINE_WORKERS", doc: "Server processes that share the port. One per core is plenty." },
  ),
  region: text(
    z
      .string()
      .regex(/^[a-z0-9]{1,12}$/)
      .default("local"),
    {
      env: "GRANTLINE_REGION",
      allowed: "1 to 12 of a-z and 0-9",
      doc: "Name of this region; part of every grant id made here. Do not change it over existing data.",
    },
  ),
  shutdownDrain: duration(
    { min: 0, max: 600, default: 10 },
    {
      env: "GRANTLINE_SHUTDOWN_DRAIN",
      doc: "How long running requests may take to finish after SIGTERM or Ctrl-C.",
    },
  ),
  shutdownNotice: duration(
    { min: 0, max: 120, default: 1 },
    {
      env: "GRANTLINE_SHUTDOWN_NOTICE",
      doc: "How long, of that, an instance told to stop goes on taking requests while `/health/ready` says no: longer than the proxy in front takes to notice. Over at once when nobody is connected.",
    },
  ),
});
