/** `fetch`, or what tests put in its place to trust a stand-in's certificate. Its addresses come from the operator's settings, never from a request. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect: "error";
  readonly signal: AbortSignal;
}
