import { openAudit, startProjecting } from "@grantline/platform";
import { runService } from "@grantline/service";

/** Projections, the relay to Kafka, the tree of the log; replay and proofs. Two instances or more: one works at each task, all answer. */
runService({
  name: "audit-projector",
  repairs: true,
  measuresProjections: true,
  open: async (parts) => {
    const audited = { ...parts, log: parts.instruments.log };
    const audit = await openAudit(audited, { grows: false });
    const projecting = startProjecting(audited);
    return {
      endpoints: audit.endpoints,
      close: async () => {
        await projecting.close();
        await audit.close();
      },
    };
  },
});
