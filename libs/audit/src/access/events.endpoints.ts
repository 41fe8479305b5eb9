import { START } from "@grantline/event-store";
import { json, queryOperation, type Endpoint, type HttpRequest } from "@grantline/oauth/http";
import type { ExportFormat } from "../export/format.ts";
import { exportEvents, type AuditExport } from "../export/export.ts";
import { describeQuery, FILTERS, type ReplayQuery } from "../replay/query.ts";
import type { AuditContext } from "./context.ts";
import { filtersOf, formatParameter, malformed, parametersOf, positionParameter } from "./parameters.ts";
import { pinnedHead } from "./pinned-head.ts";
import { record } from "./recorded.ts";

const PARAMETERS = [...FILTERS, "format", "after", "head"];

/** GET /audit/v1/events: the log as asked, streamed. GET /audit/v1/manifest: what vouches for that very download, by the same parameters and its head. */
export function eventsEndpoints(context: AuditContext): readonly Endpoint[] {
  return [
    {
      id: "audit-events",
      method: "GET",
      path: "/audit/v1/events",
      audience: "admin",
      openapi: {
        operationId: "replayEvents",
        tags: ["audit"],
        ...queryOperation({
          summary: "Replay the log as a file, streamed; pinned to a head, which the header Grantline-Head names",
          parameters: PARAMETERS,
          answers: { "200": "The events, in the format asked for." },
        }),
      },
      handle: async (request) => {
        const { started, format, query } = await start(context, request);
        return {
          status: 200,
          headers: {
            "content-type": format.contentType,
            "cache-control": "no-store",
            "content-disposition": `attachment; filename="grantline-audit-${started.head}.${format.extension}"`,
            "grantline-head": started.head,
            "grantline-query": JSON.stringify(describeQuery(query)).replaceAll(/[^\x20-\x7e]/g, "?"),
          },
          stream: started.pieces,
        };
      },
    },
    {
      id: "audit-manifest",
      method: "GET",
      path: "/audit/v1/manifest",
      audience: "admin",
      openapi: {
        operationId: "manifestOfReplay",
        tags: ["audit"],
        ...queryOperation({
          summary: "The signed manifest of a replay: give the parameters of the download and the head it named",
          parameters: PARAMETERS,
          required: ["head"],
          answers: { "200": "Query, positions, count, SHA-256, signature." },
        }),
      },
      handle: async (request) => {
        if (parametersOf(request, PARAMETERS).get("head") === undefined)
          throw malformed("head: is the position the download named as its head");
        const { started, format } = await start(context, request);
        for await (const _piece of started.pieces) continue;
        return json(200, await started.manifest(`grantline-audit-${started.head}.${format.extension}`));
      },
    },
  ];
}

interface Started {
  readonly started: AuditExport;
  readonly format: ExportFormat;
  readonly query: ReplayQuery;
}

/** Authenticated, understood, pinned and recorded, in this order. */
async function start(context: AuditContext, request: HttpRequest): Promise<Started> {
  const caller = await context.authenticate(request);
  const parameters = parametersOf(request, PARAMETERS);
  const query = filtersOf(parameters);
  const format = formatParameter(parameters);
  const after = positionParameter(parameters, "after") ?? START;
  const head = await pinnedHead(context, parameters);
  const { version, signer, checkpointAt } = context;
  const started = await exportEvents(context.store, query, format, {
    version,
    head,
    after,
    ...(signer === undefined ? {} : { signer }),
    ...(checkpointAt === undefined ? {} : { checkpointAt }),
  });
  await record(context, request, caller, { what: "replay", query: describeQuery(query), from: after, to: head, format: format.id });
  return { started, format, query };
}
