/* Real: the checker as a process. Made: the histories; each kind of lie the checker is there to find is told to it once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyChecker, judgeHistory, violationsOf } from "./checker.ts";
import type { Op, OpArgs, Operation, OpResult } from "./history.ts";

const checker = (await historyChecker()) ?? "";
const KEY = "grant:g";

type Line = readonly [at: readonly [number, number?], op: Op, args: OpArgs, result?: OpResult];
const history = (...lines: readonly Line[]): readonly Operation[] =>
  lines.map(([[invoke_ns, return_ns], op, args, result], client) => {
    const asked = { client, op, key: KEY, args, invoke_ns };
    return result === undefined || return_ns === undefined ? { ...asked, unknown: true } : { ...asked, return_ns, result };
  });
const failures = async (...lines: readonly Line[]) => (await judgeHistory(checker, history(...lines))).filter(({ holds }) => !holds);
const ok = (next: string, answer = `a-${next}`): OpResult => ({ status: "ok", next, answer });
const refused: OpResult = { status: "refused" };
const active: OpResult = { status: "active" };
const inactive: OpResult = { status: "inactive" };
const done: OpResult = { status: "ok" };
const open = (value: string): OpArgs => ({ value, window: "open" });
const closed = (value: string): OpArgs => ({ value, window: "closed" });
const token = { token: "t" };
/** A family that begins with `r0`. */
const issued: Line = [[0, 1], "redeem", {}, ok("r0")];

describe.skipIf(checker === "")("needs Go: the checker of histories lets pass", () => {
  it.each<[string, readonly Line[]]>([
    [
      "one of many redemptions at once",
      [
        [[0, 9], "redeem", {}, refused],
        [[1, 9], "redeem", {}, ok("r0")],
        [[2, 8], "redeem", {}, refused],
      ],
    ],
    [
      "a refusal after a redemption whose answer was lost",
      [
        [[0], "redeem", {}],
        [[5, 6], "redeem", {}, refused],
      ],
    ],
    [
      "a redemption after one that was lost and never happened",
      [
        [[0], "redeem", {}],
        [[5, 6], "redeem", {}, ok("r0")],
      ],
    ],
    [
      "a repeated answer inside the window, even after the successor was used",
      [
        issued,
        [[2, 3], "refresh", open("r0"), ok("r1")],
        [[4, 5], "refresh", open("r1"), ok("r2")],
        [[6, 7], "refresh", open("r0"), ok("r1")],
      ],
    ],
    [
      "a rotation that was lost and is told later",
      [issued, [[2], "refresh", open("r0")], [[4, 5], "refresh", open("r0"), ok("r1")], [[6, 7], "refresh", open("r1"), ok("r2")]],
    ],
    [
      "reuse without a window that ends the family",
      [
        issued,
        [[2, 3], "refresh", closed("r0"), ok("r1")],
        [[4, 5], "refresh", closed("r0"), refused],
        [[6, 7], "refresh", closed("r1"), refused],
      ],
    ],
    [
      "a refresh that won against a revocation at the same time",
      [issued, [[2, 9], "revoke", {}, done], [[3, 8], "refresh", open("r0"), ok("r1")], [[10, 11], "refresh", open("r1"), refused]],
    ],
    [
      "a refusal after a revocation whose answer was lost",
      [issued, [[2], "revoke", {}], [[4, 5], "refresh", open("r0"), refused], [[6, 7], "validate", token, inactive]],
    ],
    [
      "both answers while a revocation is on its way",
      [
        issued,
        [[2, 9], "revoke", token, done],
        [[3, 4], "validate", token, inactive],
        [[5, 6], "validate", token, active],
        [[10, 11], "validate", token, inactive],
      ],
    ],
    ["a revocation of another token of the grant", [issued, [[2, 3], "revoke", { token: "u" }, done], [[4, 5], "validate", token, active]]],
    [
      "one use of what is used once",
      [
        [[0, 9], "use", {}, done],
        [[1, 8], "use", {}, refused],
      ],
    ],
  ])("%s", async (_, lines) => {
    expect(await failures(...lines)).toEqual([]);
  });

  it("whatever one server by itself could have answered, spread over any intervals that hold the moment it did", async () => {
    const request = fc.record({ use: fc.nat(3), lost: fc.nat(9), before: fc.nat(250), after: fc.nat(250) });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 30 }), fc.boolean(), async (requests, window) => {
        expect(await violationsOf(checker, played(requests, window))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

interface Request {
  readonly use: number;
  readonly lost: number;
  readonly before: number;
  readonly after: number;
}

/** Plays requests against the simplest server there is. Only values that were told before the request began are used. */
function played(requests: readonly Request[], window: boolean): readonly Operation[] {
  const lines: Line[] = [[[0, 1], "issue", { value: "r0" }, done]];
  let [current, revoked] = [0, false];
  for (const [n, { use, lost, before, after }] of requests.entries()) {
    const at = 100 * (n + 1);
    const generation = Math.max(0, current - use);
    const fresh = generation === current;
    const good = !revoked && (fresh || window);
    if (!good) revoked = true;
    // an answer that is lost is asked for again by the next request of that generation; here only repeated ones are, so the chain stays known
    const result = good ? ok(`r${generation + 1}`) : refused;
    if (good && fresh) current++;
    const args = window ? open(`r${generation}`) : closed(`r${generation}`);
    lines.push(lost > 0 || (good && fresh) ? [[at - before, at + after], "refresh", args, result] : [[at - before], "refresh", args]);
  }
  return history(...lines);
}

describe.skipIf(checker === "")("needs Go: the checker of histories finds", () => {
  it.each<[string, "order" | "bound", readonly Line[]]>([
    [
      "a code redeemed twice (P2)",
      "order",
      [
        [[0, 9], "redeem", {}, ok("r0")],
        [[1, 8], "redeem", {}, ok("s0")],
      ],
    ],
    ["a code redeemed by nobody", "order", [[[0, 1], "redeem", {}, refused]]],
    [
      "two successors of one refresh token (P2)",
      "order",
      [issued, [[2, 9], "refresh", open("r0"), ok("r1")], [[3, 8], "refresh", open("r0"), ok("s1")]],
    ],
    [
      "a retry with another answer (P4)",
      "order",
      [issued, [[2, 3], "refresh", open("r0"), ok("r1")], [[4, 5], "refresh", open("r0"), ok("r1", "another jti")]],
    ],
    [
      "a retry inside the window that is refused (P4)",
      "order",
      [issued, [[2, 3], "refresh", open("r0"), ok("r1")], [[4, 5], "refresh", open("r0"), refused]],
    ],
    [
      "a reuse without a window that is answered (P3)",
      "order",
      [issued, [[2, 3], "refresh", closed("r0"), ok("r1")], [[4, 5], "refresh", closed("r0"), ok("r1")]],
    ],
    [
      "a family that outlives the reuse of its token (P3)",
      "order",
      [
        issued,
        [[2, 3], "refresh", closed("r0"), ok("r1")],
        [[4, 5], "refresh", closed("r0"), refused],
        [[6, 7], "refresh", closed("r1"), ok("r2")],
      ],
    ],
    [
      "a refresh after the revocation was acknowledged (P5)",
      "order",
      [issued, [[2, 3], "revoke", {}, done], [[4, 5], "refresh", open("r0"), ok("r1")]],
    ],
    [
      "a rotation that was answered and forgotten (P1)",
      "order",
      [issued, [[2, 3], "refresh", open("r0"), ok("r1")], [[4, 5], "refresh", open("r1"), refused]],
    ],
    [
      "two answers to a rotation whose first answer was lost (P4)",
      "order",
      [issued, [[2], "refresh", open("r0")], [[4, 5], "refresh", open("r0"), ok("r1")], [[6, 7], "refresh", open("r0"), ok("s1")]],
    ],
    [
      "two uses of what is used once (P2)",
      "order",
      [
        [[0, 9], "use", {}, done],
        [[1, 8], "use", {}, done],
      ],
    ],
    [
      "a token active after its revocation was acknowledged (P5)",
      "bound",
      [issued, [[2, 3], "revoke", token, done], [[4, 5], "validate", token, active]],
    ],
    [
      "a token active after its grant's revocation was acknowledged (P5)",
      "bound",
      [issued, [[2, 3], "revoke", {}, done], [[4, 5], "validate", token, active]],
    ],
    [
      "a token that outlives the replay of its code (P3)",
      "bound",
      [issued, [[2, 3], "redeem", {}, refused], [[4, 5], "validate", token, active]],
    ],
    ["a token that died of nothing (P1)", "bound", [issued, [[2, 3], "validate", token, inactive], [[4, 5], "revoke", token, done]]],
  ])("%s", async (_, model, lines) => {
    expect((await failures(...lines)).map((verdict) => verdict.model)).toEqual([model]);
  });

  it("what is wrong with one key among many, and says which operation", async () => {
    const good = history(issued).map((line) => ({ ...line, key: "grant:good" }));
    const bad = history(issued, [[2, 3], "revoke", token, done], [[4, 5], "validate", token, active]);
    const [only, ...others] = await violationsOf(checker, [...good, ...bad]);
    expect(others).toEqual([]);
    expect(only).toBe("grant:g bound: validate t by client 2 from 4 to 5: active, after revoke t by client 1 from 2 to 3: ok");
  });

  it.each([
    ["nothing at all", []],
    ["an operation nobody knows", [{ client: 0, op: "delete", key: KEY, args: {}, invoke_ns: 0, unknown: true }]],
    ["an answer before its question", [{ client: 0, op: "use", key: KEY, args: {}, invoke_ns: 2, return_ns: 1, result: done }]],
    [
      "a line that is both answered and open",
      [{ client: 0, op: "use", key: KEY, args: {}, invoke_ns: 1, return_ns: 2, result: done, unknown: true }],
    ],
  ])("no history in %s, and refuses to judge", async (_, lines) => {
    await expect(judgeHistory(checker, lines as unknown as readonly Operation[])).rejects.toThrow("could not judge");
  });
});
