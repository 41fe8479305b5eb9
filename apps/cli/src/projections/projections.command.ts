import { Command } from "commander";
import { openSqliteEventLog } from "@grantline/event-store-sqlite";
import { createProjector, projections, type Projector } from "@grantline/read-model";
import { openSqliteReadModel } from "@grantline/read-model-sqlite";
import { dataFiles, settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
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
    .action((name: string | undefined, _options: unknown, command: Command) =>
      withProjector(command, terminal, (projector, head) => rebuildProjections(projector, head, name, terminal)),
    );
  return new Command("projections").description("Read models, on the data folder's files").addCommand(status).addCommand(rebuild);
}

/** A projector that follows nothing by itself: a running server keeps projecting, and checkpoints tell the two apart. */
async function withProjector(
  command: Command,
  terminal: Terminal,
  use: (projector: Projector, head: string) => Promise<void>,
): Promise<void> {
  const files = dataFiles(settingsOf(command, terminal));
  const { store } = openSqliteEventLog({ file: files.events });
  try {
    const readModel = await openSqliteReadModel({ file: files.readModel });
    const tell = (fields: object, message: string): void => terminal.error(`${message} ${JSON.stringify(fields)}\n`);
    const projector = createProjector({
      store,
      readModel,
      projections,
      active: false,
      log: { info: () => undefined, warn: tell, error: tell },
    }); // its own account is what we print
    try {
      await use(projector, await store.head());
    } finally {
      await projector.stop();
      await readModel.close();
    }
  } finally {
    await store.close();
  }
}
