export type { ConsumerMetrics, ParkedMessage, ParkedMessages, RevisionLedger, Sequencer, SequencerOptions } from "./consuming.port.ts";
export { createMemoryLedger, createReadModelLedger } from "./ledger.ts";
export { createParkedMessages } from "./parked.ts";
export { createSequencer } from "./sequencer.ts";
