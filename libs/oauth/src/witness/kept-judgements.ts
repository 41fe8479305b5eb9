import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { HttpRequest } from "../http/index.ts";

/** A judgement that is right as long as what it rests on stands. */
export interface KeptJudgement<T> {
  readonly value: T;
  /** Epoch seconds from which it must be judged anew: the end of a token or of a secret. */
  readonly until: number;
  readonly holds: () => boolean;
}

export interface KeptJudgements<T> {
  find(question: string, now: number): T | undefined;
  keep(question: string, judgement: KeptJudgement<T>): void;
}

const MOST = 10_000;

/**
 * The same request comes again and again: a resource server asks about one token for every call it comes with, a service fetches its tokens. A judgement is kept with
 * the states it was made by, and given again only after all of them were found unchanged (`Witness.holds`): nothing is cached against time but known ends. Refusals
 * are never kept.
 */
export function createKeptJudgements<T>(): KeptJudgements<T> {
  const judgements = new LRUCache<string, KeptJudgement<T>>({ max: MOST });
  return {
    find(question, now) {
      const kept = judgements.get(question);
      if (kept === undefined) return undefined;
      if (now < kept.until && kept.holds()) return kept.value;
      judgements.delete(question);
      return undefined;
    },
    keep: (question, judgement) => void judgements.set(question, judgement),
  };
}

/** Names one question of one caller, by digest: neither credentials nor tokens are kept. Undefined for what is not asked the usual way. */
export function questionOf(request: HttpRequest): string | undefined {
  const { authorization, accept } = request.headers;
  if (typeof authorization !== "string" || request.body === undefined || request.query !== "") return undefined;
  return hash("sha256", `${authorization}\n${typeof accept === "string" ? accept : ""}\n${request.body}`, "base64url");
}
