import { z } from "zod";

const percent = z.number().min(0).max(100).multipleOf(0.01);
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, { error: "not a provider's name" });
const clientIds = z.array(z.string().min(1).max(2_048)).max(500);

const setting = {
  enabled: z.boolean().default(true).describe("False is the kill switch: off for everybody."),
  rollout: percent.default(100).describe("Per cent of subjects; who has it keeps it while the percentage grows."),
  providers: z
    .record(name, percent)
    .default({})
    .refine((providers) => Object.keys(providers).length <= 200, { error: "too many providers" })
    .describe("Another percentage for single upstream providers; 0 turns it off there."),
  clients: z
    .strictObject({ on: clientIds.default([]), off: clientIds.default([]) })
    .default({ on: [], off: [] })
    .describe("Clients it is on or off for, whatever the percentage."),
};

export const setFlagSchema = z
  .strictObject({
    ...setting,
    reason: z.string().trim().min(1).max(200).describe("Why. Stands in the history for ever: no personal data."),
    if_changes: z
      .int()
      .min(0)
      .optional()
      .describe("Changes you have seen; when there are more by now nothing is changed and the answer is 409."),
  })
  .meta({ id: "SetFlag" });
export type SetFlagInput = z.infer<typeof setFlagSchema>;

const shownSetting = z.object({
  enabled: z.boolean(),
  rollout: z.number(),
  providers: z.record(z.string(), z.number()),
  clients: z.object({ on: z.array(z.string()), off: z.array(z.string()) }),
});

const flag = shownSetting.extend({
  name: z.string(),
  about: z.string(),
  set: z.boolean().describe("False: nobody has said anything, the default of this release holds."),
  default: z.boolean(),
  changes: z.int(),
  reason: z.string().optional(),
  changed_at: z.int().optional(),
});
export const flagAnswer = flag.meta({ id: "Flag" });

export const flagWithHistoryAnswer = flag
  .extend({
    history: z
      .array(
        shownSetting.extend({
          at: z.string(),
          by: z.string().describe("Subject or client of the operator."),
          reason: z.string(),
          position: z.string(),
          correlation_id: z.string(),
        }),
      )
      .describe("The last 100 changes, newest first."),
  })
  .meta({ id: "FlagWithHistory" });
