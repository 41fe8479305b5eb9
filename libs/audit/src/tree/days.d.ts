import type { Position, StoredEvent } from "@grantline/event-store";
import type { CompleteDay, TreeState } from "./port.ts";
/** Gathers leaves into days (P13). A day ends before the first event recorded on a later one; what comes late belongs to the next. */
export interface OpenDays {
    append(event: StoredEvent, index: number, before: Position, leaf: Buffer): void;
    /** The day that is being gathered. */
    open(): string | undefined;
    /** Ends it with the leaves it has, because its time is over and nothing has come since. */
    end(size: number, upTo: Position): void;
    /** Days with all their leaves, oldest first, that are not closed in the log yet. */
    complete(): readonly CompleteDay[];
    /** A day is closed in the log. */
    closed(day: string): void;
    state(): DaysState;
    changed(): boolean;
    written(): void;
}
type DaysState = Pick<TreeState, "day" | "complete" | "lastDay">;
export declare function createOpenDays(state: DaysState | undefined): OpenDays;
/** yyyy-mm-dd of the envelope's `at`. Stream and ids stand before it, and a quote in them is escaped. */
export declare function dayOf({ body }: Pick<StoredEvent, "body">): string;
export declare function dayAfter(day: string): string;
export {};
