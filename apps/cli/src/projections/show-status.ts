import type { Projector } from "@grantline/read-model";

/** A line a projection, or JSON. Positions of the embedded store are numbers, so the difference is a number of events. */
export async function showStatus(
  projector: Projector,
  head: string,
  options: { readonly json?: boolean },
  out: (text: string) => void,
): Promise<void> {
  const { projections } = await projector.status();
  const rows = projections.map(({ name, version, position, parked }) => ({
    name,
    version,
    position,
    behind: Math.max(0, Number(head) - Number(position)),
    parked,
  }));
  if (options.json === true) return out(`${JSON.stringify({ head, projections: rows }, undefined, 2)}\n`);
  const width = Math.max(...rows.map(({ name }) => name.length));
  out(`head ${head}\n`);
  for (const { name, version, position, behind, parked } of rows)
    out(`${name.padEnd(width)}  v${version}  position ${position}  behind ${behind}  parked ${parked}\n`);
}
