import { InvalidArgumentError } from "commander";

export const SERVER_NAME = /^(?=.{1,48}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** The name of a server behind the gateway, so that nothing else gets into a path. */
export function serverName(value: string): string {
  if (SERVER_NAME.test(value)) return value;
  throw new InvalidArgumentError("A server is named with a-z, 0-9 and single dashes, 48 at most; see grantline server ls.");
}
