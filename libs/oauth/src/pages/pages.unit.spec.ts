import { describe, expect, it } from "vitest";
import type { OAuthContext } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { clean } from "./clean.ts";
import { errorPage } from "./error-page.ts";
import { html, scriptElement } from "./html.ts";
import { personPage } from "./person-page.ts";
import { stylesheetEndpoints, stylesheetPath } from "./stylesheet.endpoint.ts";

describe("the html template", () => {
  it("escapes everything but its own parts", () => {
    const part = html`<b>${"<i>&\"'`"}</b>`;
    expect(html`<p title="${'"onload="x'}">${part}${[part, "<"]}${1}${undefined}${false}</p>`.markup).toBe(
      '<p title="&quot;onload=&quot;x"><b>&lt;i&gt;&amp;&quot;&#39;&#96;</b><b>&lt;i&gt;&amp;&quot;&#39;&#96;</b>&lt;1</p>',
    );
  });

  it("makes a script element of exactly the text given, and none of a text that could end it", () => {
    expect(html`<p>${scriptElement('a("b")')}</p>`.markup).toBe('<p><script>a("b")</script></p>');
    for (const code of ["</script>", "a && b"]) expect(() => scriptElement(code)).toThrow(TypeError);
  });

  it("does not trust an object that only looks like markup", () => {
    expect(html`${{ markup: "<script>" }}`.markup).toBe("&lt;script&gt;");
  });
});

describe("a stranger's text", () => {
  it.each([
    ["Claude  Code\n", "Claude Code"],
    ["\u202Egro.live\u202C", "gro.live"],
    ["Pay\u200BPal\u0000", "PayPal"],
    ["Acme ✔ ✅ 🛡️", "Acme"],
    ["Ünïcode 名前", "Ünïcode 名前"],
  ])("%j becomes %j", (given, shown) => {
    expect(clean(given)).toBe(shown);
  });

  it("is cut at 100 characters and may leave nothing", () => {
    expect([...(clean("x".repeat(10_000)) ?? "")]).toHaveLength(100);
    expect(clean("\u202E\u200B ")).toBeUndefined();
    expect(clean(undefined)).toBeUndefined();
  });
});

describe("a page", () => {
  const response = personPage({
    status: 200,
    title: "<T>",
    body: html`<p>hi</p>`,
    basePath: "/oauth",
    formTargets: ["https://c.example"],
    cookies: ["a=b"],
  });

  it("can't be framed, scripted, cached or referred from", () => {
    expect(response.headers).toMatchObject({
      "content-security-policy":
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https://c.example; frame-ancestors 'none'; base-uri 'none'",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "set-cookie": ["a=b"],
    });
    expect(response.body).not.toMatch(/<script|style="| on[a-z]+=/);
  });

  it("has a language, a landmark and one heading", () => {
    expect(response.body).toContain('<html lang="en">');
    expect(response.body).toMatch(/<main>\s*<h1>&lt;T&gt;<\/h1>/);
  });

  it("loads one stylesheet, cached for ever under the hash of its content", async () => {
    const [endpoint] = stylesheetEndpoints({ settings: { basePath: "/oauth" } as OAuthContext["settings"] });
    const css = await endpoint?.handle({} as HttpRequest);
    expect(css).toMatchObject({
      status: 200,
      headers: { "content-type": "text/css; charset=utf-8", "cache-control": "public, max-age=31536000, immutable" },
    });
    expect(response.body).toContain(`href="${stylesheetPath("/oauth")}"`);
    expect(stylesheetPath("")).toMatch(/^\/assets\/style\.css\?v=[0-9a-f]{16}$/);
    expect(endpoint?.path).toBe("/oauth/assets/style.css");
  });

  it("of an error says what happened and which id to quote", () => {
    const page = errorPage({
      status: 404,
      title: "Not found",
      message: "No <such> page.",
      correlationId: "abc",
      next: html`<p>Go home.</p>`,
    });
    expect(page.status).toBe(404);
    expect(page.body).toContain("No &lt;such&gt; page.");
    expect(page.body).toContain('<code id="correlation-id">abc</code>');
    expect(page.body).toContain("Go home.");
    expect(errorPage({ status: 404, title: "x", message: "y", correlationId: "z", basePath: "" }).body).toContain(
      'href="/assets/style.css',
    );
  });
});

describe("the stylesheet's colours", () => {
  const channel = (value: number) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: string, other: string) => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  it("keep a contrast of 4.5 in both schemes", async () => {
    const [endpoint] = stylesheetEndpoints({ settings: { basePath: "" } as OAuthContext["settings"] });
    const { body = "" } = (await endpoint?.handle({} as HttpRequest)) ?? {};
    const schemes = body
      .split("prefers-color-scheme")
      .map((part) => Object.fromEntries([...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = "", hex = ""]) => [name, hex])));
    expect(schemes).toHaveLength(2);
    for (const colour of schemes) {
      for (const [ink, ground] of [
        ["ink", "ground"],
        ["ink", "card"],
        ["soft", "ground"],
        ["soft", "card"],
        ["accent", "card"],
        ["accent", "ground"],
        ["accent-ink", "accent"],
        ["warn-ink", "warn-ground"],
        ["warn-ink", "card"],
        ["bad-ink", "bad-ground"],
      ] as const) {
        expect(contrast(colour[ink] ?? "", colour[ground] ?? ""), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});
