export { catalogue, definitionsOf, streams, type StreamName } from "./catalogue.ts";
