import type { Projector, RebuildProgress } from "@grantline/read-model";
import { everySecond } from "../every-second.ts";
import { json } from "../show.ts";
import type { Terminal } from "../terminal.ts";

/** Rebuilds and tells every second how it goes. Throws RangeError when there is no projection of that name. */
export async function rebuildProjections(
  projector: Projector,
  { head, name, asJson }: { readonly head: string; readonly name: string | undefined; readonly asJson: boolean },
  { out, error }: Pick<Terminal, "out" | "error">,
): Promise<void> {
  const progress = everySecond(({ events, position, eventsPerSecond }: RebuildProgress) =>
    error(`${events} events, position ${position} of ${head}, ${eventsPerSecond} events/s\n`),
  );
  const { events, seconds, eventsPerSecond } = await projector.rebuild(name, progress);
  if (asJson) return out(json({ rebuilt: name ?? "all", events, seconds, events_per_second: eventsPerSecond }));
  out(`rebuilt ${name ?? "all projections"}: ${events} events in ${seconds.toFixed(1)} s, ${eventsPerSecond} events/s\n`);
}
