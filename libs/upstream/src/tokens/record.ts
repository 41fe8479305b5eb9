import { hash } from "node:crypto";
import type { Connection } from "@grantline/domain/upstream";
import { secretNameOf, type SecretStore } from "@grantline/secrets";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { parseJson } from "../discovery/protected-resource.ts";
import type { ProviderTokens } from "../providers/provider.ts";

const schema = z.object({
  v: z.literal(1),
  /** Stream id of the connection: a record found under another's name is not used. */
  connection: z.string(),
  record: z.int(),
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).optional(),
  scopes: z.array(z.string()),
  expiresAt: z.int().optional(),
});

/** All tokens of a connection, stored as one value so that they change together. */
export interface TokenRecord extends ProviderTokens {
  readonly record: number;
}

export interface TokenRecords {
  /** A name of its own for each authorization: what a process of an earlier one still writes lies beside it, never over it. */
  nameFor(of: { readonly provider: string; readonly server: string; readonly user: string; readonly record: number }): string;
  /** The record stored under the connection's name; undefined when there is none. Rejects as the store does. */
  read(connectionId: string, connection: Pick<Connection, "secretName" | "record">): Promise<TokenRecord | undefined>;
  write(connectionId: string, secretName: string, record: TokenRecord): Promise<void>;
  remove(secretName: string): Promise<void>;
}

/** Connections whose tokens are kept in memory. */
const KEPT = 5_000;

/**
 * Token records in the secret store. What is kept in memory is good only for the record number the stream names, so it is never older than the
 * stream: the store's own memory, which goes by time, must be off (`cache: 0`).
 */
export function createTokenRecords(secrets: SecretStore): TokenRecords {
  const kept = new LRUCache<string, TokenRecord>({ max: KEPT });
  return {
    nameFor: ({ provider, server, user, record }) =>
      secretNameOf({ provider, server, tokenType: `tokens-${hash("sha256", user, "hex").slice(0, 20)}-${record.toString(36)}` }),
    async read(connectionId, { secretName, record }) {
      const known = kept.get(secretName);
      if (known?.record === record) return known;
      const stored = await secrets.get(secretName);
      if (stored === undefined) return undefined;
      const found = recordOf(stored.value, connectionId);
      if (found !== undefined) kept.set(secretName, found);
      return found;
    },
    async write(connectionId, secretName, record) {
      kept.delete(secretName);
      await secrets.set(secretName, JSON.stringify({ v: 1, connection: connectionId, ...record }));
      kept.set(secretName, record);
    },
    async remove(secretName) {
      kept.delete(secretName);
      await secrets.delete(secretName);
    },
  };
}

function recordOf(text: string, connectionId: string): TokenRecord | undefined {
  const read = schema.safeParse(parseJson(text));
  if (!read.success || read.data.connection !== connectionId) return undefined;
  const { accessToken, refreshToken, scopes, expiresAt, record } = read.data;
  return {
    record,
    accessToken,
    scopes,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
