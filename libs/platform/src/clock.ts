import { randomBytes } from "node:crypto";
import type { Clock, Random } from "@grantline/oauth/context";

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

export const systemRandom: Random = {
  token: (bytes) => randomBytes(bytes).toString("base64url"),
  hex: (bytes) => randomBytes(bytes).toString("hex"),
};
