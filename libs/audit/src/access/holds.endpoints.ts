import { randomBytes } from "node:crypto";
import type { LegalHold, Segment, SegmentsCommand } from "@grantline/domain/segments";
import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import { json, queryOperation, type Endpoint, type HttpRequest } from "@grantline/oauth/http";
import type { Segments } from "../checkpoint/checkpoint-key.ts";
import { dayStatus } from "../segments/day-status.ts";
import type { AuditContext } from "./context.ts";
import { malformed } from "./parameters.ts";

export interface HoldsContext extends Pick<AuditContext, "authenticate" | "clock" | "subjectKeys"> {
  /** `runtime.repository(segmentsDecider)`. */
  readonly segments: Segments;
  readonly region: string;
  /** GRANTLINE_AUDIT_RETENTION, seconds. */
  readonly retention: number;
  /** Lets in who may place and lift holds (P14), and says who it is. Throws OAuthError 401 or 403. */
  readonly authenticateWriter: AuditContext["authenticate"];
}

type Decide = Extract<SegmentsCommand, { kind: "place-hold" | "lift-hold" }>;
const MOST_TEXT = 500;

/** GET /audit/v1/days and /holds; POST /holds, POST /holds/{hold}/lift: legal holds beside a running server. */
export function holdEndpoints(context: HoldsContext): readonly Endpoint[] {
  const state = async () => (await context.segments.load(context.region, { fresh: true })).state;
  return [
    endpoint(
      "days",
      "GET",
      "/audit/v1/days",
      "The closed days of the log, and whether each is kept, held, due or dropped",
      async (request) => {
        await context.authenticate(request);
        const { segments, holds } = await state();
        return json(200, {
          items: segments.map((segment) => shownDay(segment, dayStatus(segment, holds, context.retention, context.clock.now()))),
        });
      },
    ),
    endpoint("holds", "GET", "/audit/v1/holds", "The legal holds that stand", async (request) => {
      await context.authenticate(request);
      return json(200, { items: (await state()).holds.map(shownHold) });
    }),
    endpoint(
      "place-hold",
      "POST",
      "/audit/v1/holds",
      "Keep closed days from being dropped: from_day, until_day, reason",
      async (request) => {
        const caller = await context.authenticateWriter(request);
        const body = bodyOf(request, ["from_day", "until_day", "reason"]);
        const [fromDay, untilDay] = [dayOf(body, "from_day"), dayOf(body, "until_day")];
        const hold = `h-${randomBytes(6).toString("hex")}`;
        await decide(context, request, caller, {
          kind: "place-hold",
          now: context.clock.now(),
          hold,
          fromDay,
          untilDay,
          reason: textOf(body, "reason"),
        });
        return json(201, { hold, from_day: fromDay, until_day: untilDay });
      },
    ),
    endpoint("lift-hold", "POST", "/audit/v1/holds/:hold/lift", "End a legal hold: reason", async (request) => {
      const caller = await context.authenticateWriter(request);
      const reason = textOf(bodyOf(request, ["reason"]), "reason");
      const hold = request.params["hold"] ?? "";
      await decide(context, request, caller, { kind: "lift-hold", now: context.clock.now(), hold, reason });
      return json(200, { hold });
    }),
  ];
}

function endpoint(id: string, method: "GET" | "POST", path: string, summary: string, handle: Endpoint["handle"]): Endpoint {
  const operationId = `audit${id.replaceAll(/(^|-)(\w)/g, (_all, _dash, letter: string) => letter.toUpperCase())}`;
  const answers = { [method === "POST" && id === "place-hold" ? "201" : "200"]: "Done." };
  return {
    id: `audit-${id}`,
    method,
    path,
    audience: "admin",
    ...(method === "POST" ? { accepts: "json" as const } : {}),
    openapi: { operationId, tags: ["audit"], ...queryOperation({ summary, parameters: [], answers }), parameters: inPath(path) },
    handle,
  };
}

async function decide(context: HoldsContext, request: HttpRequest, { sub }: { readonly sub: string }, command: Decide): Promise<void> {
  const { segments, region } = context;
  const { outcome } = await segments.execute(region, command, commandMeta(context, request, { kind: "operator", id: sub }));
  if (outcome.kind !== "refused") return;
  if (outcome.reason === "hold-unknown")
    throw new OAuthError("invalid_request", "parameter-malformed", "There is no such hold, or it was lifted.", { status: 404 });
  throw malformed("until_day: lies before from_day");
}

type Body = Readonly<Record<string, unknown>>;

function bodyOf({ body }: HttpRequest, members: readonly string[]): Body {
  const given = parsed(body ?? "");
  if (typeof given !== "object" || given === null || Array.isArray(given) || Object.keys(given).some((name) => !members.includes(name)))
    throw malformed(`Send a JSON object with ${members.join(", ")} and nothing else.`);
  return given as Body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller: it is no object
  }
}

function dayOf(body: Body, name: string): string {
  const value = body[name];
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw malformed(`${name}: is a UTC day, yyyy-mm-dd`);
}

function textOf(body: Body, name: string): string {
  const value = body[name];
  if (typeof value === "string" && value.trim() !== "" && value.length <= MOST_TEXT) return value;
  throw malformed(`${name}: is a text of 1 to ${MOST_TEXT} characters, without personal data: it stays in the log for good`);
}

function shownDay({ day, first, end, root, gone }: Segment, status: string): object {
  return { day, events: end - first, root, status, ...(gone === undefined ? {} : { gone }) };
}

function shownHold({ hold, fromDay, untilDay, reason, placedAt }: LegalHold): object {
  return { hold, from_day: fromDay, until_day: untilDay, reason, placed_at: placedAt };
}

function inPath(path: string): readonly object[] {
  return [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}
