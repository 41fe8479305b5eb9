import { spawn } from "node:child_process";
import { CommandFailed } from "../failure.ts";

/** The program that opens an address, and what comes before the address. No shell on any system: an address is data, whatever is in it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * An address a browser may be sent to, in its canonical spelling. Servers choose these addresses, so anything but http and https is refused: file:, javascript: and the schemes
 * of installed programs would run something here (CVE-2025-6514).
 */
export function browserAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:") || url.username !== "" || url.password !== "")
    throw new CommandFailed("the server gave an address that is no http or https URL; it is not opened", 1);
  return url.href;
}

/** Opens the person's browser there; false when there is none to open. */
export function openBrowser(address: string): Promise<boolean> {
  const [program, ...before] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(program, [...before, browserAddress(address)], { stdio: "ignore", detached: true, shell: false });
  child.unref();
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("spawn", () => resolve(true));
  });
}
