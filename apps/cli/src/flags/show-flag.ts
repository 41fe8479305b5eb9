import type { Terminal } from "../terminal.ts";
import type { Change, Flag, Setting } from "./setting-after.ts";

type Out = Pick<Terminal, "out">;

export function showFlags(flags: readonly Flag[], { out }: Out): void {
  const width = Math.max(...flags.map(({ name }) => name.length));
  for (const flag of flags) out(`${flag.name.padEnd(width)}  ${inWords(flag).padEnd(24)}  ${flag.about}\n`);
}

export function showFlag(flag: Flag, { out }: Out): void {
  out(`flag          ${flag.name}\n`);
  out(`about         ${flag.about}\n`);
  out(`state         ${inWords(flag)}${flag.set ? "" : " (default)"}\n`);
  for (const [provider, percent] of Object.entries(flag.providers)) out(`provider      ${provider} ${percent} %\n`);
  for (const client of flag.clients.on) out(`client        ${client} on\n`);
  for (const client of flag.clients.off) out(`client        ${client} off\n`);
  out(`changes       ${flag.changes}\n`);
  if (flag.reason !== undefined) out(`reason        ${flag.reason}\n`);
}

export function showHistory(changes: readonly Change[], { out }: Out): void {
  if (changes.length === 0) out("never changed\n");
  for (const change of changes) out(`${change.at}  ${change.by}  ${inWords(change)}  ${change.reason}\n`);
}

/** `off`, `on`, `25 %`, with a hint that there is more to it. */
function inWords({ enabled, rollout, providers, clients }: Setting): string {
  if (!enabled) return "off";
  const more = Object.keys(providers).length + clients.on.length + clients.off.length;
  const share = rollout === 100 ? "on" : rollout === 0 ? "off" : `${rollout} %`;
  return more === 0 ? share : `${share}, ${more} exception${more === 1 ? "" : "s"}`;
}
