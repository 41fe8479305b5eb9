export {
  bodyOf,
  cloudEventAttributes,
  cloudEventHeaders,
  structuredCloudEvent,
  type CloudEventAttributes,
  type EventBody,
} from "./cloud-event.ts";
export { ALERTING, messagesOf, revocationKey, type RevocationMessage } from "./messages-of.ts";
