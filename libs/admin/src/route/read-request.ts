import { queryParameters, type HttpRequest } from "@grantline/oauth/http";
import type { z } from "zod";
import { AdminProblem } from "../problem.ts";

/** The query as the schema has it. Unknown and repeated parameters are refused: a misspelt filter must not list everything. */
export function readQuery(schema: z.ZodType | undefined, request: HttpRequest): unknown {
  if (schema === undefined) return undefined;
  const parameters = queryParameters(request.query);
  const given = Object.fromEntries(
    parameters.names.flatMap((name) => (parameters.get(name) === undefined ? [] : [[name, parameters.get(name)]])),
  );
  return checked(schema, given);
}

export function readBody(schema: z.ZodType | undefined, request: HttpRequest, optional: boolean): unknown {
  if (schema === undefined) return undefined;
  if (request.body === undefined && optional) return checked(schema, {});
  let value: unknown;
  try {
    value = JSON.parse(request.body ?? "");
  } catch (cause) {
    throw new AdminProblem(400, "body-malformed", "Send a JSON object.", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AdminProblem(400, "body-malformed", "Send a JSON object.");
  return checked(schema, value);
}

/** Throws AdminProblem 400 that says where and what, without repeating what was sent. */
function checked(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, 10).map((issue) => ({ path: issue.path.join(".").slice(0, 100), message: messageOf(issue) }));
  throw new AdminProblem(400, "value-not-allowed", "See errors for what is wrong and where.", { errors });
}

function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === "unrecognized_keys" ? "there is a member that is not known here" : issue.message.slice(0, 200);
}
