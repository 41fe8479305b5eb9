import { definitionsOf } from "@grantline/domain/catalogue";
import type { DomainEvent, Recorded } from "@grantline/domain/kernel";
import type { EventMeta, ReadEvent, StoredEvent } from "./port.ts";
import type { Definition, Definitions } from "./seal.ts";

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
  const definition = definitions !== undefined && Object.hasOwn(definitions, body.type) ? definitions[body.type] : undefined;
  const known = definition !== undefined && definition.version >= body.version;
  const { data, version } = known ? upcast(body, definition) : body;
  const event = { type: body.type, data, at: Math.floor(Date.parse(body.at) / 1000), version } as unknown as Recorded<E>;
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

function upcast(body: Body, definition: Definition): { readonly data: Record<string, unknown>; readonly version: number } {
  let { data, version } = body;
  for (; version < definition.version; version++) {
    // A missing upcaster means the shape did not change; the fixtures of each version prove it.
    data = definition.upcasters?.[version]?.(data) ?? data;
  }
  return { data, version };
}
