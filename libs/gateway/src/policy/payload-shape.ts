import { hash } from "node:crypto";
import type { PayloadShape } from "@grantline/domain/gateway";
import { isMembers, type Members } from "../message/message.ts";

/** What events say of a call: how much was said, never what. */
export function shapeOf(params: Members, text: string): PayloadShape {
  const args = params["arguments"];
  return { bytes: Buffer.byteLength(text), members: isMembers(args) ? Object.keys(args).length : 0 };
}

/** MCP recommends these letters. Any other name may be a whole message: it is told of by its hash. */
export function recordedName(name: string): string {
  return /^[A-Za-z0-9_\-./]{1,128}$/.test(name) ? name : `sha256:${hash("sha256", name, "base64url")}`;
}
