/*
 * The services as one platform. Real: token-service ×3, client-registry ×2, dcr-bridge, rotation-worker, audit-projector as processes, PostgreSQL,
 * Redis, Kafka, the example MCP server, @modelcontextprotocol/client 2.4. Made: the collector of traces, which keeps what it gets.
 */
import { randomBytes } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { freePort, obtainTokens, postForm, type Registered } from "@grantline/testing";
import { kafkaLib, startKafka, type KafkaGround } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startExample } from "../../../examples/mcp-server/src/server.ts";
import { ClientSession } from "../../all-in-one/test/support/client-session.ts";
import { basicOf } from "./support/instance.ts";
import { startTraceCollector } from "./support/trace-collector.ts";
import { eventsOf, noEngines, OPAQUE, startWorld, verifyWorld, type World } from "./support/world.ts";

const noKafka = kafkaLib() === undefined;
let world: World;
let kafka: KafkaGround | undefined;
let collector: Awaited<ReturnType<typeof startTraceCollector>>;

describe.skipIf(noEngines)("needs PostgreSQL and Redis: the services together", () => {
  beforeAll(async () => {
    [collector, kafka] = await Promise.all([startTraceCollector(), noKafka ? undefined : startKafka()]);
    world = await startWorld({
      instances: { "audit-projector": 1, "dcr-bridge": 1 },
      healthChecks: true,
      env: {
        // the front looks every second, and believes the second refusal
        GRANTLINE_SHUTDOWN_NOTICE: "6",
        GRANTLINE_OTLP_ENDPOINT: collector.endpoint,
        ...(kafka === undefined ? {} : { GRANTLINE_KAFKA_BROKERS: kafka.brokers.join(",") }),
      },
    });
  }, 240_000);
  afterAll(async () => {
    await world?.stop();
    await kafka?.stop();
    await collector?.close();
  });

  const machineForm = (scope: string) => ({ grant_type: "client_credentials", scope, resource: OPAQUE });
  const tokenEverywhere = (machine: { client_id: string; client_secret: string }, scope = "read") =>
    Promise.all(world.instances.map(async (at) => (await at.token(machineForm(scope), basicOf(machine))).status));

  it("two client-registries that start at once on an empty log make one administrator", async () => {
    const events = await eventsOf(world, "client-grantline-admin");
    expect(events.map(({ type }) => type).filter((type) => type === "ClientRegistered")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "ClientSecretIssued").length).toBeLessThan(2);
    for (const { origin } of world.all("client-registry")) {
      const answer = await fetch(`${origin}/admin/v1/clients/grantline-admin`, {
        headers: { authorization: `Bearer ${await world.admin.token()}` },
      });
      expect(answer.status).toBe(200);
    }
  });

  it("what an operator changes through a client-registry every token-service does at the next request, 8 times out of 8", async () => {
    const late: string[] = [];
    const see = async (what: string, wanted: number, seen: Promise<readonly number[]>): Promise<void> => {
      const statuses = await seen;
      if (statuses.some((status) => status !== wanted)) late.push(`${what}: ${statuses.join()}`);
    };
    for (let round = 0; round < 8; round++) {
      const machine = await world.admin.machine();
      await see("registered", 200, tokenEverywhere(machine));
      const { client_secret } = await world.admin.call<{ client_secret: string }>("POST", `/clients/${machine.client_id}/secrets`);
      await see("another secret", 200, tokenEverywhere({ ...machine, client_secret }));
      const scopes = Array.from({ length: round + 1 }, (_, n) => ({ name: `extra${n}`, description: "May more" }));
      await world.admin.call("PUT", `/resources/${world.rs[OPAQUE].resource_id}/scopes`, {
        scopes: [{ name: "read", description: "May read" }, ...scopes],
      });
      await see("another scope", 200, tokenEverywhere(machine, `extra${round}`));
      await world.admin.call("POST", `/clients/${machine.client_id}/suspend`, { reason: "test" });
      await see("suspended", 401, tokenEverywhere(machine));
      await world.admin.call("POST", `/clients/${machine.client_id}/reinstate`);
      await see("reinstated", 200, tokenEverywhere(machine));
    }
    expect(late).toEqual([]);
  }, 120_000);

  it("a client registered through dcr-bridge is known to every token-service, and gets a person's tokens", async () => {
    const client = (await (await registerThroughBridge()).json()) as Registered;
    expect(await world.admin.call("GET", `/clients/${client.client_id}`)).toMatchObject({ client_id: client.client_id, status: "active" });
    for (const at of world.instances) {
      const { access_token } = await obtainTokens(world.person(), { issuer: world.issuer, client, scope: "read", resource: OPAQUE });
      expect(await at.active(world.rs[OPAQUE], access_token)).toBe(true);
    }
  });

  function registerThroughBridge(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const metadata = {
      client_name: "Bridged",
      redirect_uris: ["https://client.example/callback"],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
    };
    return fetch(`${world.origin}/bridge/register`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(metadata),
    });
  }

  it("a client's trace joins the services it goes through, and is in the event they caused", async () => {
    const traceId = randomBytes(16).toString("hex");
    const response = await registerThroughBridge({ traceparent: `00-${traceId}-${randomBytes(8).toString("hex")}-01` });
    const { client_id } = (await response.json()) as Registered;
    const spans = await collector.trace(traceId, 2);
    expect(spans.map(({ service, name }) => `${service}: ${name}`).sort()).toEqual([
      "client-registry: POST register",
      "dcr-bridge: POST bridge-register",
    ]);
    const events = await eventsOf(world, `client-${client_id}`);
    expect(events.map(({ type }) => type)).toContain("ClientRegistered");
    for (const { body } of events) expect((JSON.parse(body) as { meta: { traceparent: string } }).meta.traceparent).toContain(traceId);
  });

  it.skipIf(noKafka)("needs Kafka: the trace of a token is on its record in Kafka", async () => {
    const traceId = randomBytes(16).toString("hex");
    const reply = await world
      .instance(0)
      .token(machineForm("read"), { ...basicOf(world.machine), traceparent: `00-${traceId}-${"b".repeat(16)}-01` });
    expect(reply.status).toBe(200);
    const { type, stream } = await recordWith(traceId);
    expect(type).toContain("AccessTokenIssued");
    expect(stream).toMatch(/^issuance-/);
  });

  /** The first record of the topic of events that carries the trace. */
  async function recordWith(traceId: string): Promise<{ readonly type: string; readonly stream: string }> {
    const consumer = new Kafka({ brokers: [...(kafka?.brokers ?? [])], logLevel: logLevel.NOTHING }).consumer({
      groupId: `test-${traceId}`,
    });
    await consumer.connect();
    try {
      await consumer.subscribe({ topic: "grantline.events", fromBeginning: true });
      return await new Promise((resolve, reject) => {
        consumer
          .run({
            eachMessage: async ({ message: { headers = {}, key } }) => {
              if (String(headers["ce_traceparent"]).includes(traceId)) resolve({ type: String(headers["ce_type"]), stream: String(key) });
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
  }

  it("a stock MCP client finds its way through the front, calls, refreshes, and is shut out once revoked", async () => {
    const port = await freePort();
    const resource = `http://localhost:${port}/mcp`;
    const registered = await world.admin.call<{ client_id: string; client_secret: string }>("POST", "/resources", {
      uri: resource,
      name: "Example notes",
      scopes: [
        { name: "notes:read", description: "Read your note", default: true },
        { name: "notes:write", description: "Replace your note" },
      ],
    });
    const mcp = await startExample({ issuer: world.issuer, port, clientId: registered.client_id, clientSecret: registered.client_secret });
    const session = await ClientSession.start({ platform: world, mcp }, "dynamic registration", "");
    try {
      await session.connect();
      expect((await session.client.listTools()).tools.map(({ name }) => name)).toEqual(["read_note", "write_note"]);
      expect(await session.call("read_note")).toBe("(empty)");
      // RFC 7009 on the access token: refused at the very next call, so the SDK refreshes without asking anybody
      const former = session.accessToken;
      expect((await postForm(`${world.issuer}/revoke`, { token: former, client_id: session.clientId })).status).toBe(200);
      expect(await session.call("read_note")).toBe("(empty)");
      expect([session.accessToken === former, session.provider.redirects]).toEqual([false, 1]);
      expect(session.log.grants()).toEqual(["authorization_code", "refresh_token"]);
      await world.admin.call("DELETE", `/grants?client_id=${encodeURIComponent(session.clientId)}`);
      expect(await session.call("read_note")).toBe("unauthorized");
      await session.decide();
      expect(await session.call("read_note")).toBe("(empty)");
    } finally {
      await session.close();
      await mcp.close();
    }
  });

  it("SIGTERM under load ends one token-service after the other with 0, and no client loses a request", async () => {
    const answers: string[] = [];
    let over = false;
    const load = Array.from({ length: 16 }, async () => {
      while (!over) {
        const response = await postForm(`${world.issuer}/token`, machineForm("read"), basicOf(world.machine)).catch(
          (error: unknown) => `${String(error)}: ${String((error as Error).cause)}`,
        );
        answers.push(typeof response === "string" ? response : String(response.status));
        if (typeof response !== "string") await response.arrayBuffer();
      }
    });
    const codes: unknown[] = [];
    for (const service of world.all("token-service").slice(1)) {
      codes.push(await service.signal("SIGTERM"));
      await service.start();
    }
    over = true;
    await Promise.all(load);
    expect(codes).toEqual([0, 0]);
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.filter((answer) => answer !== "200")).toEqual([]);
    expect(await verifyWorld(world)).toBe("intact");
  }, 240_000);
});
