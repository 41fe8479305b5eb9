import { describeQuery, drawSample } from "@grantline/audit";
import { START } from "@grantline/event-store";
import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { auditSession, whole } from "./audit-session.ts";
import { position, queryOf, withFilters } from "./filter-options.ts";

interface SampleOptions {
  readonly seed: string;
  readonly count: string;
  readonly head?: string;
}

export function sampleCommand(terminal: Terminal): Command {
  const command = new Command("sample")
    .description("Draws a random sample of events, as JSON; the same seed draws the same ones again at the same head.")
    .requiredOption("--seed <text>", "any text; the auditor's choice")
    .option("--count <number>", "how many", "25")
    .option("--head <position>", "from the log as it stood at this position; else as it stands now", position);
  return withFilters(command).action((options: SampleOptions, self: Command) =>
    auditSession(self, terminal, async ({ store, record, vouchers }) => {
      const query = queryOf(options as unknown as Readonly<Record<string, unknown>>);
      const count = whole("--count", options.count, 10_000);
      const head = options.head ?? (await store.head());
      await record({ what: "sample", query: { ...describeQuery(query), seed: options.seed }, from: START, to: head, count });
      const sample = await drawSample(store, query, { seed: options.seed, count, head, prove: vouchers.prove });
      terminal.out(`${JSON.stringify(sample, undefined, 2)}\n`);
    }),
  );
}
