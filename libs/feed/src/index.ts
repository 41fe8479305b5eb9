export type { FeedLog } from "./log.port.ts";
export type { FeedMessage, FeedTopic, Publisher } from "./publisher.port.ts";
export * from "./lease/index.ts";
export * from "./messages/index.ts";
export * from "./relay/index.ts";
export * from "./consuming/index.ts";
export * from "./duties/index.ts";
