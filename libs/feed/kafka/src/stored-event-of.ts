import type { KafkaMessage } from "kafkajs";
import type { StoredEvent } from "@grantline/event-store";

/** A header as text; undefined when it is not there. */
export function headerOf({ headers }: Pick<KafkaMessage, "headers">, name: string): string | undefined {
  const value = headers?.[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first?.toString();
}

/** The event a message of the topics `events` and `alerts` carries, undefined when it is none of ours. */
export function storedEventOf(message: Pick<KafkaMessage, "headers" | "value">): StoredEvent | undefined {
  const header = (name: string) => headerOf(message, name);
  const [id, stream, revision, position, hash, type] = [
    header("ce_id"),
    header("ce_subject"),
    Number(header("ce_revision")),
    header("position"),
    header("ce_hash"),
    /^dev\.grantline\.(\w+)\.v\d+$/.exec(header("ce_type") ?? "")?.[1],
  ];
  const body = message.value?.toString("utf8");
  if (id === undefined || stream === undefined || position === undefined || hash === undefined || type === undefined || body === undefined)
    return undefined;
  return Number.isSafeInteger(revision) && revision >= 0 ? { id, stream, revision, position, hash, type, body } : undefined;
}
