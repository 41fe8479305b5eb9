import { introspectOnce, issuerAt } from "../actors.ts";
import type { History, Issued } from "../history.ts";
import type { Stage } from "../stage.ts";

const AT_ONCE = 8;

/**
 * I1, I4: every token that was acknowledged and not revoked is active, every one whose revocation was acknowledged is not, at each instance. What is wrong goes to the
 * history. How many were asked about.
 */
export async function judgeTokens(stage: Stage, history: History): Promise<number> {
  const settled = history.tokens.filter(({ revokingMs, revokedMs }) => revokingMs === undefined || revokedMs !== undefined);
  const questions = stage.instances.flatMap((origin) => settled.map((issued) => [origin, issued] as const));
  await inParallel(questions, async ([origin, issued]) => {
    const answer = await introspectOnce({ stage, history }, issued, issuerAt(stage, origin));
    if (answer.status !== 200) history.broken(`${origin} could not say what a token is after all was over: ${answer.status}`);
  });
  return settled.length;
}

/** Every registration that was acknowledged can be read by its registrant. */
export async function judgeClients(history: History): Promise<void> {
  await inParallel(history.clients, async ({ uri, accessToken }) => {
    const response = await fetch(uri, { headers: { authorization: `Bearer ${accessToken}` } });
    await response.body?.cancel();
    if (response.status !== 200) history.broken(`an acknowledged registration can't be read: ${response.status}`);
  });
}

/** Those of former cells, so that a later fault can't quietly revive or lose them. */
export function remembered(history: History, most: number): readonly Issued[] {
  const settled = history.tokens.filter(({ revokingMs, revokedMs }) => revokingMs === undefined || revokedMs !== undefined);
  return settled.slice(-most);
}

async function inParallel<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await work(one);
    }),
  );
}
