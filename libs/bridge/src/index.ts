export { bridgeEndpoints, registryAnswers, type BridgeSettings } from "./bridge.endpoints.ts";
