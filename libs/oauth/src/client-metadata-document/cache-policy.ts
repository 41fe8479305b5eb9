import { createRequire } from "node:module";

interface Message {
  readonly url?: string;
  readonly method?: string;
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
}
interface Policy {
  storable(): boolean;
  /** Milliseconds from now. */
  timeToLive(): number;
}
type PolicyConstructor = new (request: Message, response: Message, options: { readonly shared: boolean }) => Policy;

// A CommonJS package without types of its own.
const CachePolicy = createRequire(import.meta.url)("http-cache-semantics") as PolicyConstructor;

/** How long a shared cache may keep the answer to a GET, in seconds from now (RFC 9111 §4.2); 0 when not at all. */
export function freshSeconds(url: string, headers: Readonly<Record<string, string>>): number {
  const policy = new CachePolicy({ url, method: "GET", headers: {} }, { status: 200, headers }, { shared: true });
  return policy.storable() ? Math.round(policy.timeToLive() / 1_000) : 0;
}
