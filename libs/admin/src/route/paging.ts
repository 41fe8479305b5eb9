import { StreamParked } from "@grantline/event-store";
import type { ListPage, ReadModelRow } from "@grantline/read-model";
import { z } from "zod";
import type { AdminParts } from "../context.ts";

/** The paging parameters of every listing. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(50).describe("Items a page, at most 100."),
  cursor: z.string().min(1).max(1_000).optional().describe("next_cursor of the page before."),
};

export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next_cursor: z.ZodOptional<z.ZodString>; parked: z.ZodOptional<z.ZodArray<z.ZodString>> }> {
  const parked = z
    .array(z.string())
    .optional()
    .describe("Streams left out of this page because they hold an event this release can't read.");
  return z.object({ items: z.array(item), next_cursor: z.string().optional(), parked });
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * One page of rows, read after the read model has taken in everything acknowledged so far (read your writes). Throws ProjectionsBehind
 * (503) when it is too far behind, BadCursor (400) for a cursor that is not ours.
 */
export async function listRows(
  context: AdminParts,
  table: string,
  where: Readonly<Record<string, string>>,
  page: PageRequest,
  order: { readonly descending?: boolean } = {},
): Promise<ListPage> {
  const query = { where, limit: page.limit, ...order, ...(page.cursor === undefined ? {} : { cursor: page.cursor }) };
  return context.projector.fresh(() => context.readModel.list(table, query));
}

/**
 * Rows name the streams; what is shown is each stream's own state, so that a listing never shows what is no longer so. A parked stream (P11) is
 * named instead of shown, and does not keep the others from being listed.
 */
export async function pageBody<T>(
  page: ListPage,
  show: (row: ReadModelRow) => Promise<T | undefined>,
): Promise<{ readonly items: readonly T[]; readonly next_cursor?: string; readonly parked?: readonly string[] }> {
  const parked: string[] = [];
  const named = (error: unknown): undefined => {
    if (!(error instanceof StreamParked)) throw error;
    parked.push(error.stream);
  };
  const shown = await Promise.all(page.rows.map((row) => show(row).catch(named)));
  const items = shown.filter((item) => item !== undefined);
  return { items, ...(page.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }), ...(parked.length === 0 ? {} : { parked }) };
}
