import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { McpError } from "../answer/mcp-error.ts";
import { fold } from "./fold.ts";
import { readMessages } from "./message.ts";
import { checkMirroredHeaders, decodeSentinel } from "./mirrored-headers.ts";
import { elicitsUrls, isStateless } from "./revision.ts";
import { parseStrictJson } from "./strict-json.ts";

const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as McpError).refusal.code;
  }
};

describe("strict JSON", () => {
  it("is every JSON that a serializer writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseStrictJson(JSON.stringify(value))).toEqual({ value: JSON.parse(JSON.stringify(value)) as unknown });
      }),
    );
  });

  it("has no member twice, however deep, however it is escaped", () => {
    for (const text of [
      '{"a":1,"a":2}',
      '{"x":[{"a":1,"\\u0061":2}]}',
      '{"a" : 1 , "a" :2}',
      '[{"a":{}},{"b":1,"b":1}]',
      '{"":1,"":2}',
      '{"\\"":1,"\\u0022":1}',
    ])
      expect([text, parseStrictJson(text)]).toEqual([text, { fault: "repeated-key" }]);
    for (const text of ['{"a":{"a":1},"b":["a","a"]}', '[{"a":1},{"a":1}]', '{"a":"a\\":","b":":"}'])
      expect(parseStrictJson(text)).toHaveProperty("value");
  });

  it("is no deeper than anything that has a meaning", () => {
    expect(parseStrictJson(`${"[".repeat(101)}${"]".repeat(101)}`)).toEqual({ fault: "too-deep" });
    expect(parseStrictJson(`${"[".repeat(100)}${"]".repeat(100)}`)).toHaveProperty("value");
  });

  it("is JSON at all", () => {
    for (const text of ["", "{", "{a:1}", "{'a':1}", '{"a":1}x', "NaN", "\ufeff{}"])
      expect(parseStrictJson(text)).toEqual({ fault: "malformed" });
  });
});

describe("a message", () => {
  it("is a request, a notification or a response", () => {
    expect(readMessages('{"jsonrpc":"2.0","id":"a","method":"m"}').messages).toEqual([
      { kind: "request", id: "a", method: "m", params: {} },
    ]);
    expect(readMessages('{"jsonrpc":"2.0","method":"m","params":{"x":1}}').messages).toEqual([
      { kind: "notification", method: "m", params: { x: 1 } },
    ]);
    expect(readMessages('{"jsonrpc":"2.0","id":0,"error":{}}').messages).toEqual([{ kind: "response", id: 0 }]);
  });

  it("is in a batch of at most 50", () => {
    const one = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    expect(readMessages(`[${one},${one}]`)).toMatchObject({ batch: true, messages: [{ id: 1 }, { id: 1 }] });
    expect(codeOf(() => readMessages(`[${Array.from({ length: 51 }, () => one).join(",")}]`))).toBe(-32_600);
  });

  it("keeps members of arguments in whatever case they are", () => {
    expect(
      readMessages('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"Name":1,"name":2}}}').messages,
    ).toHaveLength(1);
  });

  it("tells parse errors from invalid requests", () => {
    expect(codeOf(() => readMessages("{"))).toBe(-32_700);
    expect(codeOf(() => readMessages(undefined))).toBe(-32_700);
    for (const text of [
      '{"jsonrpc":"2.0","id":1}',
      '{"jsonrpc":"2.0","id":1,"result":1,"error":1}',
      '{"jsonrpc":"2.0","id":1.5,"method":"m"}',
      '{"jsonrpc":"2.0","id":null,"method":"m"}',
      '{"jsonrpc":"2.0","id":1,"method":"m\\n"}',
    ])
      expect([text, codeOf(() => readMessages(text))]).toEqual([text, -32_600]);
  });
});

describe("names as a careless program compares them", () => {
  it("are the same in other case, width, with spaces and invisible letters", () => {
    for (const name of ["Write", " write\n", "w\u200brite", "\uff57rite", "WRITE\u0000", "writ\u00ade"]) expect(fold(name)).toBe("write");
    expect(fold("write_all")).not.toBe("write");
    expect(fold("\u212A")).toBe("k");
  });
});

describe("headers that mirror the body", () => {
  const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
  const message = (method: string, params: object = {}) =>
    readMessages(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } }));
  const headers = (more: Record<string, string> = {}) => ({ headers: { "mcp-protocol-version": "2026-07-28", ...more } });

  it("are asked for since 2026-07-28, and of no older message", () => {
    expect(
      checkMirroredHeaders({ headers: {} }, readMessages('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}')),
    ).toEqual({ stateless: false });
    expect(checkMirroredHeaders(headers({ "mcp-method": "ping" }), message("ping"))).toEqual({ stateless: true });
    expect(codeOf(() => checkMirroredHeaders(headers(), message("ping")))).toBe(-32_020);
    expect(codeOf(() => checkMirroredHeaders({ headers: {} }, message("ping")))).toBe(-32_020);
  });

  it("name resources by uri and prompts by name", () => {
    const uri = "file:///ä b";
    const encoded = `=?base64?${Buffer.from(uri).toString("base64")}?=`;
    expect(
      checkMirroredHeaders(headers({ "mcp-method": "resources/read", "mcp-name": encoded }), message("resources/read", { uri })),
    ).toEqual({ stateless: true });
    expect(
      codeOf(() => checkMirroredHeaders(headers({ "mcp-method": "prompts/get", "mcp-name": "x" }), message("prompts/get", { name: "y" }))),
    ).toBe(-32_020);
    expect(codeOf(() => checkMirroredHeaders(headers({ "mcp-method": "prompts/get" }), message("prompts/get", {})))).toBe(-32_020);
  });

  it("are decoded only where they are marked, and only from right base64 of right UTF-8", () => {
    expect(decodeSentinel("us-west1")).toBe("us-west1");
    expect(decodeSentinel("=?base64?SGVsbG8sIOS4lueVjA==?=")).toBe("Hello, 世界");
    expect(decodeSentinel("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=")).toBe("=?base64?literal?=");
    expect(decodeSentinel("=?BASE64?SGk=?=")).toBe("=?BASE64?SGk=?=");
    for (const bad of ["=?base64?SGk?=", "=?base64?S G k=?=", "=?base64?/w==?="]) expect(decodeSentinel(bad)).toBeUndefined();
  });
});

describe("revisions and capabilities", () => {
  it("compare by date", () => {
    expect(["2025-11-25", "2026-07-28", "2027-01-01", "9", "draft", undefined].map(isStateless)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("have URLs elicited only where the client says so", () => {
    expect([{}, { elicitation: {} }, { elicitation: { form: {} } }, { elicitation: { url: {} } }, null, []].map(elicitsUrls)).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
    ]);
  });
});
