/*
 * Real: a migrated PostgreSQL. Made: platforms that break a promise, and a log in which something happened twice; the judges must say so.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { grantEvents } from "@grantline/domain/grant";
import { NO_STREAM, sealEvents } from "@grantline/event-store";
import { migratePostgres, openPostgresEventStore } from "@grantline/event-store-postgres";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { introspectOnce, issuing, racing } from "./actors.ts";
import { createHistory, type History, type Issued } from "./history.ts";
import { judgeLog } from "./judge/log.judge.ts";
import { seeded } from "./seeded.ts";
import type { Stage } from "./stage.ts";

let server: Server;
let answer: (path: string, response: ServerResponse) => void;
let origin: string;

beforeAll(async () => {
  server = createServer((request, response) => answer(request.url ?? "", response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const audience = { uri: "https://a.example/mcp", authorization: "Basic eDp5" };

/** Of a platform that answers as told; who needs more of a stage than this gets none. */
function stageOf(more: Partial<Stage> = {}): Stage {
  return { issuer: `${origin}/oauth`, instances: [origin], machine: audience.authorization, resources: [audience], ...more } as Stage;
}

function says(status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
  answer = (_path, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
}

async function asked(issued: Partial<Issued>): Promise<readonly string[]> {
  const history = createHistory();
  await introspectOnce({ stage: stageOf(), history }, { token: "t", audience, issuedMs: 0, ...issued }, `${origin}/oauth`);
  return broken(history);
}

const broken = (history: History): readonly string[] => history.violations.map(({ what }) => what);

describe("the users of the fault matrix", () => {
  it("notice a revoked token that is active, and a live one that is not", async () => {
    says(200, { active: true });
    expect(await asked({ revokingMs: 1, revokedMs: 2 })).toEqual([expect.stringContaining("after its revocation was acknowledged")]);
    expect(await asked({})).toEqual([]);
    says(200, { active: false });
    expect(await asked({})).toEqual([expect.stringContaining("nobody revoked")]);
    expect(await asked({ revokingMs: 1, revokedMs: 2 })).toEqual([]);
  });

  it("leave open what a revocation that is under way has done", async () => {
    for (const active of [true, false]) {
      says(200, { active });
      expect(await asked({ revokingMs: 1 })).toEqual([]);
    }
  });

  it("notice a 500, a 503 without Retry-After, and a right request that is refused", async () => {
    says(500, {});
    expect(await asked({})).toEqual([expect.stringContaining("500")]);
    says(503, {});
    expect(await asked({})).toEqual([expect.stringContaining("without Retry-After")]);
    says(503, {}, { "retry-after": "1" });
    expect(await asked({})).toEqual([]);
    says(401, {});
    const history = createHistory();
    await issuing({ stage: stageOf(), history, random: seeded(1) })();
    expect(broken(history)).toEqual([expect.stringContaining("a right request was refused: 401")]);
    expect(history.tokens).toEqual([]);
  });

  it("notice a code that two of them could redeem", async () => {
    says(200, { access_token: "a" });
    const history = createHistory();
    const person = { authorize: async () => new URL("https://client.example/callback?code=c") };
    const client = { client_id: "c" };
    await racing({ stage: stageOf({ instances: [origin, origin], person, client } as never), history, random: seeded(1) })();
    expect(broken(history)).toEqual(["a code was redeemed twice"]);
  });
});

describe.skipIf(noPostgres)("the judge of the log (needs PostgreSQL)", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  async function logOf(...types: readonly string[]): Promise<string> {
    const url = await postgres.createDatabase();
    await migratePostgres({ url });
    const store = await openPostgresEventStore({ url });
    const events = types.map((type) => ({ type, data: { refresh: { hash: "h" } } }));
    const meta = { correlationId: "c", actor: { kind: "system", id: "t" }, region: "local", service: "t" } as const;
    const sealed = { stream: "grant-1", previousHash: "", revision: 0, events, definitions: grantEvents, meta, atMs: 0 };
    await store.append("grant-1", NO_STREAM, sealEvents(sealed));
    await store.close();
    return url;
  }

  it("finds nothing where everything happened once", async () => {
    expect(await judgeLog(await logOf("CodeRedeemed", "RefreshTokenRotated"), createHistory())).toMatchObject({ events: 2, wrong: [] });
  });

  it("finds a code that was redeemed twice and a refresh token that was made twice", async () => {
    const { wrong } = await judgeLog(
      await logOf("CodeRedeemed", "CodeRedeemed", "RefreshTokenRotated", "RefreshTokenRotated"),
      createHistory(),
    );
    expect(wrong).toEqual([expect.stringContaining("redemption of the code"), expect.stringContaining("making of refresh token h")]);
  });

  it("finds a registration that was acknowledged and is not there", async () => {
    const history = createHistory();
    history.clients.push({ uri: "https://as.example/oauth/register/gone", accessToken: "t" });
    const { wrong } = await judgeLog(await logOf("CodeRedeemed"), history);
    expect(wrong).toEqual(["an acknowledged registration is not in the log: client-gone"]);
  });
});
