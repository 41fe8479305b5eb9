interface Described {
  readonly summary: string;
  /** Names of the parameters, all of them texts; `resource` may be repeated. */
  readonly parameters: readonly string[];
  readonly required?: readonly string[];
  /** Status and meaning of what is not an error. */
  readonly answers: Readonly<Record<string, string>>;
}

/** How a client says who it is in a form body (RFC 6749 §2.3.1, RFC 7521 §4.2). */
export const CLIENT_PARAMETERS = ["client_id", "client_secret", "client_assertion", "client_assertion_type"] as const;

type Json = Readonly<Record<string, unknown>>;

/** OpenAPI operation of an endpoint that reads a form body. */
export function formOperation(of: Described): Json {
  const properties = Object.fromEntries(of.parameters.map((name) => [name, schemaOf(name)]));
  const schema = { type: "object", properties, ...(of.required === undefined ? {} : { required: of.required }) };
  return { summary: of.summary, requestBody: { content: { "application/x-www-form-urlencoded": { schema } } }, responses: responsesOf(of) };
}

/** OpenAPI operation of an endpoint that reads the query. */
export function queryOperation(of: Described): Json {
  const parameters = of.parameters.map((name) => ({
    name,
    in: "query",
    required: of.required?.includes(name) ?? false,
    schema: schemaOf(name),
  }));
  return { summary: of.summary, parameters, responses: responsesOf(of) };
}

function schemaOf(name: string): Json {
  return name === "resource" ? { type: "array", items: { type: "string" }, maxItems: 10 } : { type: "string" };
}

function responsesOf({ answers }: Described): Json {
  const good = Object.fromEntries(Object.entries(answers).map(([status, description]) => [status, { description }]));
  return {
    ...good,
    "4XX": { description: "Refused." },
    "503": { description: "Changes can't be recorded right now; Retry-After says when to try again." },
  };
}
