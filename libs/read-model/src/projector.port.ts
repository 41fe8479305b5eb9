import type { EventStore, Position } from "@grantline/event-store";
import type { ReadModel } from "./port.ts";
import type { Projection } from "./projection.ts";

/** The part of a pino logger the projector uses. */
export interface ProjectorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ProjectorOptions {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly projections: readonly Projection[];
  readonly log: ProjectorLog;
  /** False where another process runs the projections on the same read model; `caughtUp` then looks at its checkpoints. Default true. */
  readonly active?: boolean;
  /** Events taken at a time while catching up; a batch holds the thread for some 10 ms. Default 1,000. */
  readonly batchSize?: number;
  /** How long `caughtUp` waits before it throws `ProjectionsBehind`, milliseconds. Default 5,000. */
  readonly patienceMs?: number;
}

/** The listings are further behind than the caller cares to wait: 503 with Retry-After. */
export class ProjectionsBehind extends Error {
  override readonly name = "ProjectionsBehind";
}

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly table: string;
  readonly position: Position;
  /** Events parked (P11): alert when it is not 0. */
  readonly parked: number;
}

export interface ProjectorStatus {
  readonly active: boolean;
  /** `live`: caught up and fed by the store. `retrying`: the last attempt failed, see the log. */
  readonly phase: "stopped" | "catching-up" | "live" | "retrying" | "inactive";
  readonly projections: readonly ProjectionStatus[];
}

export interface RebuildProgress {
  readonly events: number;
  readonly position: Position;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

export interface Projector {
  /** Begins to catch up and follow the store, in the background. */
  start(): void;
  /** Resolves once everything up to `position` (default: the store's head now) is in the listings: read your writes. Throws `ProjectionsBehind`. */
  caughtUp(position?: Position): Promise<void>;
  /**
   * What `read` finds in listings that hold everything appended before the call, throughout: where they are lost while it reads (P6: a flush, a
   * failover), it reads again. Throws `ProjectionsBehind`.
   */
  fresh<T>(read: () => Promise<T>): Promise<T>;
  status(): Promise<ProjectorStatus>;
  /**
   * Builds the named projection (default: all) anew from the first event, beside the one in use, and switches when caught up. Works with or
   * without `start`, also while another process projects into the same read model.
   */
  rebuild(name?: string, onProgress?: (progress: RebuildProgress) => void): Promise<RebuildProgress>;
  /** Folds parked streams again, after a fix; how many of them are free. */
  retryParked(): Promise<number>;
  stop(): Promise<void>;
}
