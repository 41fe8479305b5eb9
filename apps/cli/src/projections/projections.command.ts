import { Command } from "commander";
import { createProjector, projections, type Projector } from "@grantline/read-model";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { openProjected } from "./open-projected.ts";
import { rebuildProjections } from "./rebuild-projections.ts";
import { showStatus } from "./show-status.ts";

export function projectionsCommand(terminal: Terminal): Command {
  const status = new Command("status")
    .description("Where each projection stands: how many events it is behind, and how many it has parked.")
    .option("--json", "as JSON")
    .action((options: { readonly json?: boolean }, command: Command) =>
      withProjector(command, terminal, (projector, head) => showStatus(projector, head, options, terminal.out)),
    );
  const rebuild = new Command("rebuild")
    .description(
      "Builds a projection (all, unless named) anew from the first event, beside the one in use, and switches when it has caught up. A server may run meanwhile.",
    )
    .argument("[name]", `one of ${projections.map(({ name }) => name).join(", ")}`)
    .option("--json", "as JSON")
    .action((name: string | undefined, options: { readonly json?: boolean }, command: Command) =>
      withProjector(command, terminal, (projector, head) =>
        rebuildProjections(projector, { head, name, asJson: options.json === true }, terminal),
      ),
    );
  return new Command("projections").description("Read models, in the data folder or in Redis").addCommand(status).addCommand(rebuild);
}

/** A projector that follows nothing by itself: the running server, or the audit-projectors, keep projecting, and checkpoints tell the two apart. */
async function withProjector(
  command: Command,
  terminal: Terminal,
  use: (projector: Projector, head: string) => Promise<void>,
): Promise<void> {
  const { store, readModel, kept, close } = await openProjected(settingsOf(command, terminal), terminal);
  try {
    const tell = (fields: object, message: string): void => terminal.error(`${message} ${JSON.stringify(fields)}\n`);
    // its own account is what we print
    const log = { info: () => undefined, warn: tell, error: tell };
    const projector = createProjector({ store, readModel, projections: kept, active: false, log });
    try {
      await use(projector, await store.head());
    } finally {
      await projector.stop();
    }
  } finally {
    await close();
  }
}
