import { CommandFailed } from "../failure.ts";

export type Answer = Readonly<Record<string, unknown>>;

export interface Sent {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What to try when nobody answers; shown to the person. */
  readonly hint: string;
}

const TIMEOUT_MS = 15_000;

/** One request to a server's API. Throws CommandFailed: with what the server said (1), or that it can't be reached (2). */
export async function send({ method, url, headers = {}, body, hint }: Sent): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandFailed(`no answer from ${url} (${cause}). ${hint}`);
  }
  const text = await response.text();
  if (response.status === 204) return {};
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer;
  throw new CommandFailed(
    `${url} answered ${response.status}: ${saidBy(answer) ?? text.slice(0, 200)} (correlation id ${response.headers.get("x-correlation-id") ?? "none"})`,
    1,
  );
}

function saidBy(answer: Answer | undefined): string | undefined {
  const said = answer?.["error_description"] ?? answer?.["detail"] ?? answer?.["title"];
  if (said === undefined) return undefined;
  const errors = answer?.["errors"];
  const details = Array.isArray(errors)
    ? (errors as readonly Answer[]).map(({ path, message }) => `${String(path)}: ${String(message)}`)
    : [];
  return [String(said), ...details].join(" ");
}

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}
