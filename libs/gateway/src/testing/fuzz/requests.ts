import fc from "fast-check";

/** A request nobody in their right mind sends, or one that somebody does. Credentials and sessions are named; the test has their values. */
export interface Fuzzed {
  readonly server: "notes" | "open" | "modern" | "unconnected" | "unknown";
  readonly method: string;
  readonly query: string;
  readonly credential: Credential;
  readonly session: SessionChoice;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
  /** Bytes as UTF-8 or as Latin-1, which is no UTF-8. */
  readonly encoding: "utf8" | "latin1";
  readonly chunked: boolean;
}

export type Credential =
  | "good"
  | "absent"
  | "revoked"
  | "foreign"
  | "made-up"
  | "cut"
  | "basic"
  | "empty"
  | "lower-case"
  | "two-spaces"
  | "twice";
export type SessionChoice = "none" | "own" | "somebody-else's" | "ended" | "cut" | "long" | { readonly text: string };

const CREDENTIALS: readonly Credential[] = [
  "absent",
  "revoked",
  "foreign",
  "made-up",
  "cut",
  "basic",
  "empty",
  "lower-case",
  "two-spaces",
  "twice",
];
const METHODS = [
  "initialize",
  "notifications/initialized",
  "notifications/cancelled",
  "ping",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/read",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "subscriptions/listen",
  "server/discover",
  "tasks/get",
  "constructor",
  "__proto__",
];
const TOOLS = [
  "echo",
  "count",
  "write",
  "delete_all",
  "Delete_All",
  "delete\u200b_all",
  "\uff44elete_all",
  "connect_account",
  "nothing",
  "",
];
const REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2099-01-01", "draft", ""];

/** What can stand in a header: Node's client sends nothing else. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
  maxLength: 60,
});
/** The usual one eight times as often as each of the others. */
const often = <T>(usual: T, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8 * others.length, arbitrary: fc.constant(usual) }, ...others);

/** JSON as text, so that it can be what no serializer writes. */
const value: fc.Arbitrary<string> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((each) => JSON.stringify(each)),
  fc.constantFrom(
    "1e999",
    "-0",
    "1.5",
    "9007199254740993",
    "9".repeat(400),
    '"\\ud800"',
    '"\\u0000"',
    '""',
    "null",
    "true",
    "[]",
    "{}",
    "NaN",
    "01",
  ),
  fc.integer({ min: 1, max: 300 }).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`),
  fc.integer({ min: 1, max: 300 }).map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
  fc.integer({ min: 1, max: 20_000 }).map((length) => `"${"x".repeat(length)}"`),
);
const name = fc.oneof(
  fc.constantFrom(
    "jsonrpc",
    "id",
    "method",
    "params",
    "result",
    "error",
    "Method",
    "ID",
    "\\u006dethod",
    "method ",
    "__proto__",
    "constructor",
  ),
  fc.string({ maxLength: 8 }).map((each) => JSON.stringify(each).slice(1, -1)),
);
const strange = fc
  .array(fc.tuple(name, value), { maxLength: 7 })
  .map((members) => `{${members.map(([key, each]) => `"${key}":${each}`).join(",")}}`);

const id = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('"a"', '""', "null", "1.5", "-1", "1e3", "9007199254740992", "9".repeat(300), "[]", `"${"i".repeat(5_000)}"`),
);
const META = (revision: string) =>
  `"_meta":{"io.modelcontextprotocol/protocolVersion":${JSON.stringify(revision)},"io.modelcontextprotocol/clientInfo":{"name":"f","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`;
const params = fc.oneof(
  fc.constantFrom(...TOOLS).chain((tool) => value.map((each) => `{"name":${JSON.stringify(tool)},"arguments":{"text":${each}}}`)),
  fc.constantFrom(...TOOLS, ...REVISIONS).map((tool) => `{"name":${JSON.stringify(tool)},"arguments":{"text":"hello"}}`),
  fc
    .constantFrom(...REVISIONS)
    .map((revision) => `{"protocolVersion":${JSON.stringify(revision)},"capabilities":{},"clientInfo":{"name":"f","version":"1"}}`),
  fc.constantFrom(...TOOLS).map((tool) => `{"name":${JSON.stringify(tool)},"arguments":{"text":"hello"},${META("2026-07-28")}}`),
  fc.constant(`{${META("2026-07-28")}}`),
  value,
);
const message = fc
  .tuple(fc.constantFrom(...METHODS), id, params, fc.constantFrom("request", "notification", "response", "failure"))
  .map(([method, each, given, kind]) => {
    if (kind === "response") return `{"jsonrpc":"2.0","id":${each},"result":${given}}`;
    if (kind === "failure") return `{"jsonrpc":"2.0","id":${each},"error":${given}}`;
    const numbered = kind === "request" ? `"id":${each},` : "";
    return `{"jsonrpc":"2.0",${numbered}"method":${JSON.stringify(method)},"params":${given}}`;
  });
/** What a client sends that is right, in either kind of revision. */
const sound = fc
  .tuple(
    fc.constantFrom<readonly [string, string]>(
      ["ping", ""],
      ["tools/list", ""],
      ["tools/call", '"name":"echo","arguments":{"text":"hello"}'],
      ["tools/call", '"name":"count","arguments":{},"task":{}'],
      ["tools/call", '"name":"delete_all","arguments":{}'],
      ["tools/call", '"name":"write","arguments":{}'],
      ["subscriptions/listen", '"notifications":{"toolsListChanged":true}'],
      ["server/discover", ""],
      ["initialize", '"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"f","version":"1"}'],
    ),
    fc.nat(),
    fc.boolean(),
  )
  .map(([[method, given], number, modern]) => {
    const all = [given, modern ? META("2026-07-28") : ""].filter((part) => part !== "").join(",");
    return `{"jsonrpc":"2.0","id":${number},"method":"${method}","params":{${all}}}`;
  });
const whole = fc.oneof(
  { weight: 10, arbitrary: sound },
  { weight: 8, arbitrary: message },
  { weight: 2, arbitrary: fc.array(fc.oneof(message, strange, value), { maxLength: 60 }).map((all) => `[${all.join(",")}]`) },
  { weight: 2, arbitrary: strange },
  { weight: 1, arbitrary: value },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  // longer than the server reads
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 60_000, max: 90_000 })
      .map((length) => `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(length)}"}}`),
  },
);
/** A text, and what becomes of texts on bad ways. */
const body = fc
  .tuple(whole, often("whole", fc.constantFrom("cut", "bom", "behind", "inside", "nothing")), fc.nat())
  .map(([text, harm, at]) => {
    const place = text.length === 0 ? 0 : at % text.length;
    if (harm === "cut") return text.slice(0, place);
    if (harm === "bom") return `\ufeff${text}`;
    if (harm === "behind") return `${text}\n\n,`;
    if (harm === "inside") return `${text.slice(0, place)}\u0000${text.slice(place)}`;
    return harm === "nothing" ? undefined : text;
  });

const headers = fc.record({
  "content-type": often(
    "application/json",
    fc.constantFrom(
      "text/plain",
      "application/json; charset=utf-16",
      "APPLICATION/JSON ; charset=UTF-8",
      "application/jsonrpc",
      "multipart/form-data; boundary=x",
      "",
    ),
  ),
  accept: often(
    "application/json, text/event-stream",
    fc.constantFrom("application/json", "text/event-stream", "*/*", "text/html", "", "application/json;q=0"),
    headerText,
  ),
  "mcp-protocol-version": often(undefined, fc.constantFrom(...REVISIONS), headerText),
  "mcp-method": often(undefined, fc.constantFrom(...METHODS), headerText),
  "mcp-name": often(undefined, fc.constantFrom("echo", "delete_all", "=?base64?ZWNobw==?=", "=?base64?/w==?=", "=?base64??="), headerText),
  "mcp-param-x": often(undefined, headerText),
  "last-event-id": often(undefined, fc.constantFrom("", "1", "../../etc", "x".repeat(4_000)), headerText),
  origin: often(undefined, often("http://127.0.0.1:1", fc.constantFrom("null", "https://evil.example", "x"))),
  "x-correlation-id": often(undefined, fc.constantFrom("good-correlation-1", "a", "x".repeat(100)), headerText),
  "content-encoding": often(undefined, fc.constantFrom("gzip", "identity", "br")),
  "x-forwarded-for": often(undefined, fc.constantFrom("1.2.3.4", "nonsense")),
  cookie: often(undefined, fc.constant("a=b")),
});

/** The headers that a client of 2026-07-28 mirrors its body in, as far as it can be read. */
function mirrored(text: string | undefined): Readonly<Record<string, string>> {
  const found = /"method":"([!-~]+?)","params":\{(?:"name":"([!-~]+?)")?.*"io\.modelcontextprotocol\/protocolVersion":"([!-~]+?)"/.exec(
    text ?? "",
  );
  if (found === null) return {};
  const [, method = "", named, revision = ""] = found;
  return { "mcp-method": method, "mcp-protocol-version": revision, ...(named === undefined ? {} : { "mcp-name": named }) };
}

const SESSIONS: readonly SessionChoice[] = ["somebody-else's", "ended", "cut", "long"];

/** Most of them are nearly right, since what is wholly wrong is refused at the door. */
export const fuzzed: fc.Arbitrary<Fuzzed> = fc
  .record({
    server: fc.constantFrom("notes", "open", "modern", "unconnected", "notes", "open", "modern", "unconnected", "unknown"),
    method: often("POST", fc.constantFrom("GET", "DELETE", "GET", "PUT", "PATCH", "HEAD", "OPTIONS")),
    query: often("", fc.constantFrom("?", "?x=1", "?access_token=abcdefgh", "?Access_Token=a", "?%61ccess_token=a", "?%", "?server=open")),
    credential: often<Credential>("good", fc.constantFrom(...CREDENTIALS)),
    session: fc.oneof(
      { weight: 4, arbitrary: fc.constant<SessionChoice>("none") },
      { weight: 4, arbitrary: fc.constant<SessionChoice>("own") },
      fc.constantFrom(...SESSIONS),
      headerText.map((text) => ({ text })),
    ),
    headers,
    fitting: often(true, fc.constant(false)),
    body,
    encoding: often<Fuzzed["encoding"]>("utf8", fc.constant("latin1")),
    chunked: fc.boolean(),
  })
  .map(({ fitting, ...all }) => ({ ...all, headers: { ...all.headers, ...(fitting ? mirrored(all.body) : {}) } }));
