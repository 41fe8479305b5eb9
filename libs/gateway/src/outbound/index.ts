export { createOutbound, outboundVia, UpstreamFailure, type Answered, type Outbound, type Sending } from "./send.ts";
export { createCircuits, type Circuits } from "./circuits.ts";
export { discard, repeatedly, retryAfterMs } from "./repeat.ts";
export { backHeaders, onwardHeaders } from "./headers.ts";
