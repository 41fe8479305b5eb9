/** The part of http-cache-semantics 4 we use; the package ships no types. */
declare module "http-cache-semantics" {
  interface Message { readonly url?: string; readonly method?: string; readonly status?: number; readonly headers: Readonly<Record<string, string>> }
  export default class CachePolicy {
    constructor(request: Message, response: Message, options?: { readonly shared?: boolean });
    storable(): boolean;
    /** Milliseconds from now. */
    timeToLive(): number;
  }
}
