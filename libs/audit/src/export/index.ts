export { exportEvents, type AuditExport, type ExportOptions } from "./export.ts";
export type { ExportFormat, FormatId } from "./format.ts";
export { FORMATS, formatOf } from "./formats.ts";
export { eventOfLine } from "./json-lines.ts";
export { manifestBytes, signManifest, verifyManifest, type Manifest, type ManifestSigner, type SignedManifest } from "./manifest.ts";
export { manifestSignerOf, vouchersOf, type Vouchers } from "./vouchers.ts";
