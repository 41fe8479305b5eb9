// What the functions of a profile belong to, in the words of docs/performance.md.

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** The first that fits counts. Of the file, and of a native function the file of whoever called it. */
const GROUPS: readonly (readonly [RegExp, string])[] = [
  [/node:internal\/(?:crypto|webcrypto)|node:crypto/, "node: crypto"],
  [
    /node:internal\/worker|thread-transport|writer\.worker|append-lane|node:internal\/per_context\/messageport/,
    "messages to and from the writer thread",
  ],
  [/node:(?:_http|net|internal\/http|internal\/stream|stream|internal\/net|internal\/timers|timers)/, "node: HTTP and sockets"],
  [/node_modules\/(?:fastify|find-my-way|@fastify|avvio|secure-json|fast-querystring)/, "fastify"],
  [/node_modules\/lru-cache/, "lru-cache"],
  [/node:/, "node: the rest"],
  [/libs\/anomalies/, "anomalies (after the answer)"],
  [/read-model|libs\/validators/, "projections and the feed (after the answer)"],
  [/subscription|libs\/audit/, "tree of the log (after the answer)"],
  [/event-store\/sqlite\/dist\/reader/, "reads of the log"],
  [/event-store\/sqlite/, "SQLite: transaction, inserts, fsync"],
  [/event-store/, "event store: sealing, folding, issuance"],
  [/libs\/domain/, "deciders"],
  [/libs\/keys/, "keys: signing, derivation"],
  [/libs\/(?:oauth|flags)/, "endpoints, grants, tokens"],
  [/libs\/http|libs\/service|libs\/telemetry|libs\/platform/, "rim, metrics"],
  [/node_modules/, "other libraries"],
];

export function groupOf(frame: CallFrame, callerUrl: () => string): string {
  if (frame.functionName === "(garbage collector)") return "garbage collection";
  if (frame.functionName === "(program)") return "native code outside of JavaScript (sockets, event loop)";
  const url = frame.url === "" ? callerUrl() : frame.url;
  return (
    GROUPS.find(([pattern]) => pattern.test(url))?.[1] ?? (url === "" ? "native code outside of JavaScript (sockets, event loop)" : url)
  );
}
