import { START } from "@grantline/event-store";
import { json, queryOperation, type Endpoint, type HttpRequest, type HttpResponse, type Parameters } from "@grantline/oauth/http";
import { describeQuery, FILTERS } from "../replay/query.ts";
import { drawSample } from "../sample/sample.ts";
import { diffOf } from "../state/diff.ts";
import { momentNow, momentOf, type Moment } from "../state/moment.ts";
import { foldState, type StateQuery } from "../state/state-at.ts";
import { viewOf } from "../state/view.ts";
import type { AuditContext } from "./context.ts";
import { filtersOf, malformed, parametersOf, readableLater } from "./parameters.ts";
import { pinnedHead } from "./pinned-head.ts";
import { record } from "./recorded.ts";

const WHOM = ["subject", "client", "resource"] as const;

/** GET /audit/v1/state, /diff and /sample. */
export function stateEndpoints(context: AuditContext): readonly Endpoint[] {
  return [stateEndpoint(context), diffEndpoint(context), sampleEndpoint(context)];
}

function stateEndpoint(context: AuditContext): Endpoint {
  const parameters = ["at", "ended", ...WHOM];
  return endpoint("state", "What was granted to whom at a position or time, and by which events", parameters, [], async (request) => {
    const caller = await context.authenticate(request);
    const given = parametersOf(request, parameters);
    const moment = await momentFrom(context, given, "at");
    const query = whom(given);
    await record(context, request, caller, { what: "state", query: { ...query, at: moment.time }, from: START, to: moment.position });
    return json(200, viewOf(await foldState(context.store, moment, query), { ended: given.get("ended") === "true" }));
  });
}

function diffEndpoint(context: AuditContext): Endpoint {
  const parameters = ["from", "to", ...WHOM];
  return endpoint("diff", "What changed of who could do what between two positions or times", parameters, ["from"], async (request) => {
    const caller = await context.authenticate(request);
    const given = parametersOf(request, parameters);
    if (given.get("from") === undefined) throw malformed("from: is needed, a position or a time");
    const [from, to] = [await momentFrom(context, given, "from"), await momentFrom(context, given, "to")];
    const query = whom(given);
    await record(context, request, caller, {
      what: "diff",
      query: { ...query, from: from.time, to: to.time },
      from: from.position,
      to: to.position,
    });
    const [before, after] = [await foldState(context.store, from, query), await foldState(context.store, to, query)];
    return json(200, diffOf(viewOf(before, { ended: true }), viewOf(after, { ended: true })));
  });
}

function sampleEndpoint(context: AuditContext): Endpoint {
  const parameters = ["seed", "count", "head", ...FILTERS];
  return endpoint("sample", "A random sample of events that the same seed draws again", parameters, ["seed"], async (request) => {
    const caller = await context.authenticate(request);
    const given = parametersOf(request, parameters);
    const [seed, count] = [given.get("seed"), Number(given.get("count") ?? "25")];
    if (seed === undefined || seed.length > 200) throw malformed("seed: is needed, any text up to 200 characters");
    const query = filtersOf(given);
    const head = await pinnedHead(context, given);
    await record(context, request, caller, {
      what: "sample",
      query: { ...describeQuery(query), seed },
      from: START,
      to: head,
      count: Math.trunc(count) || 0,
    });
    const { prove } = context;
    return json(
      200,
      await readableLater(() => drawSample(context.store, query, { seed, count, head, ...(prove === undefined ? {} : { prove }) })),
    );
  });
}

async function momentFrom(context: AuditContext, parameters: Parameters, name: string): Promise<Moment> {
  const value = parameters.get(name);
  return value === undefined ? momentNow(context.store, context.clock.now()) : readableLater(() => momentOf(context.store, value));
}

function whom(parameters: Parameters): StateQuery {
  return Object.fromEntries(WHOM.flatMap((name) => (parameters.get(name) === undefined ? [] : [[name, parameters.get(name)]])));
}

function endpoint(
  name: "state" | "diff" | "sample",
  summary: string,
  parameters: readonly string[],
  required: readonly string[],
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): Endpoint {
  return {
    id: `audit-${name}`,
    method: "GET",
    path: `/audit/v1/${name}`,
    audience: "admin",
    openapi: {
      operationId: `audit${name[0]?.toUpperCase()}${name.slice(1)}`,
      tags: ["audit"],
      ...queryOperation({ summary, parameters, required, answers: { "200": "Done." } }),
    },
    handle,
  };
}
