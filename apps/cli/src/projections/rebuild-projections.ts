import type { Projector, RebuildProgress } from "@grantline/read-model";
import { everySecond } from "../every-second.ts";
import type { Terminal } from "../terminal.ts";

/** Rebuilds and tells every second how it goes. Throws RangeError when there is no projection of that name. */
export async function rebuildProjections(
  projector: Projector,
  head: string,
  name: string | undefined,
  { out, error }: Pick<Terminal, "out" | "error">,
): Promise<void> {
  const progress = everySecond(({ events, position, eventsPerSecond }: RebuildProgress) =>
    error(`${events} events, position ${position} of ${head}, ${eventsPerSecond} events/s\n`),
  );
  const { events, seconds, eventsPerSecond } = await projector.rebuild(name, progress);
  out(`rebuilt ${name ?? "all projections"}: ${events} events in ${seconds.toFixed(1)} s, ${eventsPerSecond} events/s\n`);
}
