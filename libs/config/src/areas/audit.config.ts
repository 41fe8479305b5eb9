import { z } from "zod";
import { duration, text } from "../kinds.ts";

const DAY = 86_400;

/** Proof that the log is complete, and how long it is kept. */
export const audit = z.strictObject({
  checkpointDir: text(z.string().min(1).optional(), {
    env: "GRANTLINE_AUDIT_CHECKPOINT_DIR",
    allowed: "a folder",
    defaultText: "none: checkpoints are published only",
    doc: "Where every signed checkpoint of the log is appended as well. Put it on another machine or on write-once storage: whoever can change the log must not be able to change this.",
  }),
  retention: duration(
    { min: DAY, max: 36_500 * DAY, default: 400 * DAY },
    {
      env: "GRANTLINE_AUDIT_RETENTION",
      doc: "How long a closed day of the log is kept before `grantline audit drop` lets it go, archived and verified. A legal hold keeps it longer.",
    },
  ),
});
