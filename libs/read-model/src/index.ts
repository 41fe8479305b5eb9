export * from "./port.ts";
export { decodeCursor, encodeCursor } from "./cursor.ts";
export { readParked, type ParkedEvent } from "./parking.ts";
export { tableOf, type Projection, type RowDraft } from "./projection.ts";
export * from "./projections/index.ts";
export {
  ProjectionsBehind,
  type ProjectionStatus,
  type Projector,
  type ProjectorLog,
  type ProjectorOptions,
  type ProjectorStatus,
  type RebuildProgress,
} from "./projector.port.ts";
export { createProjector } from "./projector.ts";
export { createSnapshots } from "./snapshots.ts";
