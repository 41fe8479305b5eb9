/** One request a client made, as a test wants to look at it. */
export interface LoggedRequest {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  /** Form parameters, or the members of a JSON body. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** A `fetch` to hand to a client under test, and what it was used for. */
export class RequestLog {
  readonly requests: LoggedRequest[] = [];
  readonly #waiting = new Set<() => void>();

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(input, init);
    this.requests.push({
      method: init?.method ?? "GET",
      url,
      status: response.status,
      body: bodyOf(init?.body),
      headers: new Headers(init?.headers),
    });
    for (const wake of this.#waiting) wake();
    return response;
  };

  /** Resolves when `count` requests of this kind have been answered, now or later. */
  async answered(method: string, path: string, count: number): Promise<void> {
    const enough = (): boolean => this.to(path).filter((request) => request.method === method).length >= count;
    if (enough()) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        if (!enough()) return;
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  /** Requests to a path, in order. */
  to(path: string): readonly LoggedRequest[] {
    return this.requests.filter(({ url }) => url.pathname === path);
  }

  /** Grant types sent to the token endpoint, in order. */
  grants(): readonly unknown[] {
    return this.to("/oauth/token").map(({ body }) => body["grant_type"]);
  }
}

function bodyOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body instanceof URLSearchParams) return Object.fromEntries(body);
  if (typeof body !== "string" || body === "") return {};
  return body.startsWith("{") ? (JSON.parse(body) as Record<string, unknown>) : Object.fromEntries(new URLSearchParams(body));
}
