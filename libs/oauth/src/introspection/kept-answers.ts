import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { HttpRequest, HttpResponse } from "../http/index.ts";

/** An answer that is right as long as what it rests on stands. */
export interface KeptAnswer {
  readonly response: HttpResponse;
  /** Epoch seconds from which it must be judged anew: the token's or the caller's secret's end. */
  readonly until: number;
  readonly holds: () => boolean;
}

export interface KeptAnswers {
  find(key: string, now: number): HttpResponse | undefined;
  keep(key: string, answer: KeptAnswer): void;
}

const MOST = 10_000;

/**
 * Resource servers ask about the same token for every call it comes with. An active answer is kept with the states it was judged by, and given
 * again only after all of them were found unchanged: nothing is cached against time but the token's own end. Inactive answers are always judged.
 */
export function createKeptAnswers(): KeptAnswers {
  const answers = new LRUCache<string, KeptAnswer>({ max: MOST });
  return {
    find(key, now) {
      const kept = answers.get(key);
      if (kept === undefined) return undefined;
      if (now < kept.until && kept.holds()) return kept.response;
      answers.delete(key);
      return undefined;
    },
    keep: (key, answer) => void answers.set(key, answer),
  };
}

/** Names one question of one caller, by digest: neither credentials nor tokens are kept. Undefined for what is not asked the usual way. */
export function questionOf(request: HttpRequest): string | undefined {
  const { authorization, accept } = request.headers;
  if (typeof authorization !== "string" || request.body === undefined || request.query !== "") return undefined;
  return hash("sha256", `${authorization}\n${typeof accept === "string" ? accept : ""}\n${request.body}`, "base64url");
}
