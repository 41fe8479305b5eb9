const INTRODUCTION = `# DCR bridge API

Written by \`tools/docs/bridge-api.ts\` from the endpoints themselves; do not edit. A test fails when it is out of date. The same as OpenAPI 3.1:
[bridge-openapi.json](bridge-openapi.json). Paths are those of the default \`GRANTLINE_BRIDGE_ISSUER\`. How to set it up: [Entra bridge](../how-to/entra-bridge.md).

Errors are JSON with \`error\` and \`error_description\` (RFC 6749 §5.2, RFC 7591 §3.2.2), on \`authorize\` a page, or a redirect to the client once it is known.
`;

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly enum?: readonly string[];
}
interface Operation {
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  readonly security?: readonly unknown[];
}
export interface BridgeDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** docs/reference/bridge-api.md: every operation with what goes in and what comes out. */
export function bridgePage({ paths }: BridgeDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(`${method.toUpperCase()} ${path}`, operation)),
  );
  return `${INTRODUCTION}\n${operations.join("\n")}`;
}

function section(title: string, operation: Operation): string {
  const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const parts = [
    `## ${title}\n\n${operation.summary}.${operation.security === undefined ? "" : " Bearer: the registration access token of the client (RFC 7592)."}\n`,
    ...(operation.parameters === undefined ? [] : [`Parameters: ${operation.parameters.map(named).join(", ")}.\n`]),
    ...(body === undefined ? [] : [`Body (\`${String(type)}\`): ${members(body.schema)}.\n`]),
    answers(operation.responses),
  ];
  return parts.join("\n");
}

function named({ name, required }: { readonly name: string; readonly required?: boolean }): string {
  return `\`${name}\`${required === true ? "" : " (optional)"}`;
}

function members({ properties = {}, required = [] }: Schema): string {
  return Object.keys(properties)
    .map((name) => named({ name, required: required.includes(name) }))
    .join(", ");
}

function answers(responses: Operation["responses"]): string {
  return `${Object.entries(responses)
    .map(([status, { description }]) => `- **${status}** ${description ?? "OAuth error."}`)
    .join("\n")}\n`;
}
