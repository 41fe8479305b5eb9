import { definitionsOf } from "@grantline/domain/catalogue";
import { upcast, type DomainEvent, type Recorded } from "@grantline/domain/kernel";
import type { EventMeta, ReadEvent, StoredEvent } from "./port.ts";
import type { Definitions } from "./seal.ts";

interface Body {
  readonly type: string;
  readonly version: number;
  readonly at: string;
  readonly data: Record<string, unknown>;
  readonly meta: EventMeta;
  readonly ignorable?: true;
}

/**
 * Parses a stored event. Data of an older version is lifted to today's (P8) by the definitions of its stream, which are the
 * catalogue's unless given. A type, version or kind of stream they do not know comes as written, marked `unknown`; whether it
 * may be skipped is for the caller to judge by `ignorable` (P11). Throws SyntaxError when the body is not JSON.
 */
export function parseEvent<E extends DomainEvent = DomainEvent>(
  stored: StoredEvent,
  definitions: Definitions | undefined = definitionsOf(stored.stream),
): ReadEvent<E> {
  const body = JSON.parse(stored.body) as Body;
  const lifted = definitions === undefined ? undefined : upcast(definitions, body.type, body.version, body.data);
  const known = lifted !== undefined;
  const version = known ? (definitions?.[body.type]?.version ?? body.version) : body.version;
  const at = Math.floor(Date.parse(body.at) / 1000);
  const event = { type: body.type, data: lifted ?? body.data, at, version } as unknown as Recorded<E>;
  return {
    id: stored.id,
    stream: stored.stream,
    revision: stored.revision,
    position: stored.position,
    hash: stored.hash,
    at: body.at,
    version,
    meta: body.meta,
    event,
    ...(known ? {} : { unknown: true as const }),
    ...(body.ignorable === true ? { ignorable: true as const } : {}),
  };
}
