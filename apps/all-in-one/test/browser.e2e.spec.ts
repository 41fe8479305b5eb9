/*
 * Real: Debian's Chromium, Grantline, an application's loopback listener, HTTP between them. Made: nothing.
 * GRANTLINE_TEST_CHROMIUM names another Chromium; GRANTLINE_TEST_SCREENSHOTS a folder for pictures of the pages.
 */
import {
  authorizationUrl,
  introspect,
  pkce,
  postForm,
  redeem,
  register,
  startTestPlatform,
  type Registered,
  type TestPlatform,
  type Tokens,
} from "@grantline/testing";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCallbackServer, type CallbackServer } from "./support/callback-server.ts";
import { CHROMIUM, launchChromium, openPage, picture, seriousFindings, tabTo } from "./support/chromium.ts";
import { startMetadataDocumentServer, type MetadataDocumentServer } from "./support/metadata-document-server.ts";

const RESOURCE = "https://notes.example/mcp";
const SCOPE = "openid offline_access notes:read notes:write";

describe.skipIf(CHROMIUM === undefined)(
  "the pages in Chromium (skipped: there is none at GRANTLINE_TEST_CHROMIUM or /usr/bin/chromium)",
  () => {
    let platform: TestPlatform;
    let guard: { client_id: string; client_secret: string };
    let callback: CallbackServer;
    let elsewhere: MetadataDocumentServer;
    let browser: Browser;
    let client: Registered;

    beforeAll(async () => {
      platform = await startTestPlatform();
      guard = await platform.admin.resource(RESOURCE, [], {
        name: "Team notes",
        scopes: [
          { name: "notes:read", description: "Read the notes of your team" },
          { name: "notes:write", description: "Change and delete notes of your team" },
        ],
      });
      callback = await startCallbackServer();
      elsewhere = await startMetadataDocumentServer({});
      browser = await launchChromium();
    });
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
      callback.goOnTo = undefined;
    });
    afterAll(async () => {
      await browser?.close();
      await callback?.close();
      await elsewhere?.close();
      await platform?.close();
    });

    /** A fresh client, so that no consent of another test is remembered; the browser stands before its authorization request. */
    async function begin(
      options: BrowserContextOptions = {},
      known: "registered itself" | "by the operator" = "registered itself",
      more: Readonly<Record<string, string>> = {},
    ) {
      const metadata = { client_name: "Pocket assistant", redirect_uris: [callback.redirectUri] };
      client =
        known === "registered itself"
          ? await register(platform.issuer, metadata)
          : await platform.admin.call("POST", "/clients", {
              ...metadata,
              grant_types: ["authorization_code", "refresh_token"],
              token_endpoint_auth_method: "none",
            });
      const { page, complaints } = await openPage(browser, options);
      const { verifier, challenge } = pkce();
      const url = authorizationUrl(
        { issuer: platform.issuer, client, scope: SCOPE, resource: RESOURCE, redirectUri: callback.redirectUri, more },
        challenge,
      );
      await page.goto(url);
      return { page, complaints, url, verifier };
    }

    async function logIn(page: Page): Promise<void> {
      await page.getByLabel("Name").fill("demo");
      await page.getByLabel("Password").fill("demo");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForSelector("#consent-form");
    }

    async function tokens(verifier: string): Promise<Tokens> {
      const response = await redeem(
        { issuer: platform.issuer, client, redirectUri: callback.redirectUri },
        callback.received().get("code") ?? "",
        verifier,
      );
      return (await response.json()) as Tokens;
    }

    it("lets a person type the code of a device, see what it is, and let it in", async () => {
      const grant = "urn:ietf:params:oauth:grant-type:device_code";
      const { client_id } = await register(platform.issuer, { client_name: "Television", grant_types: ["authorization_code", grant] });
      const asked = await postForm(`${platform.issuer}/device_authorization`, { client_id, resource: RESOURCE, scope: "notes:read" });
      const device = (await asked.json()) as { device_code: string; user_code: string; verification_uri_complete: string };
      const { page, complaints } = await openPage(browser, {});
      await page.goto(device.verification_uri_complete);
      await page.getByLabel("Name").fill("demo");
      await page.getByLabel("Password").fill("demo");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForSelector("#device-code-form");
      expect(await page.getByLabel("Code").inputValue()).toBe(device.user_code);
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, "device-code");
      await page.getByLabel("Code").fill("BCDF-BCDF");
      await page.getByRole("button", { name: "Continue" }).click();
      expect(await page.isVisible("#device-error")).toBe(true);
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByLabel("Code").fill(device.user_code.toLowerCase());
      await page.getByRole("button", { name: "Continue" }).click();
      await page.waitForSelector("#device-form");
      expect(await page.textContent("#device-user-code")).toBe(device.user_code);
      expect(await page.isVisible("#device-warning")).toBe(true);
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, "device-decision");
      await page.getByRole("button", { name: "Allow" }).click();
      expect(await page.getAttribute("#device-decided", "data-decision")).toBe("allow");
      expect(await seriousFindings(page)).toEqual([]);
      expect(complaints.filter((each) => !each.includes("400"))).toEqual([]);
      const form = { grant_type: grant, client_id, device_code: device.device_code };
      expect((await postForm(`${platform.issuer}/token`, form)).status).toBe(200);
    });

    it("lets a person log in, read who wants what, narrow it, and allow the rest", async () => {
      const { page, complaints, verifier } = await begin();
      await logIn(page);

      expect(await page.textContent("#consent-client")).toBe("Pocket assistant");
      expect(await page.getAttribute("#consent-origin", "data-verified")).toBe("no");
      expect(await page.textContent("#consent-redirect-host")).toBe(new URL(callback.redirectUri).host);
      expect(await page.textContent("#consent-resource")).toContain("Team notes");
      expect(await page.isVisible("#consent-localhost-warning")).toBe(true);
      // Such a client is asked about every time, so the page does not pretend that it can remember.
      expect(await page.isVisible("#consent-remember")).toBe(false);
      expect(await page.textContent("#consent-person")).toBe("demo");

      await page.getByLabel("Change and delete notes of your team").uncheck();
      await page.getByRole("button", { name: "Allow" }).click();
      await page.waitForSelector("#done");
      expect(Object.fromEntries(callback.received())).toMatchObject({ state: "state-1", iss: platform.issuer });
      expect((await tokens(verifier)).scope.split(" ").sort()).toEqual(["notes:read", "offline_access", "openid"]);
      expect(complaints).toEqual([]);
    });

    it("takes a no for an answer and tells the application", async () => {
      const { page } = await begin();
      await logIn(page);
      await page.getByRole("button", { name: "Deny" }).click();
      await page.waitForSelector("#done");
      expect(Object.fromEntries(callback.received())).toMatchObject({ error: "access_denied", state: "state-1", iss: platform.issuer });
    });

    it("can be used with the keyboard alone", async () => {
      const { page, verifier } = await begin();
      await tabTo(page, "username");
      await page.keyboard.type("demo");
      await page.keyboard.press("Tab");
      await page.keyboard.type("demo");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#consent-form");
      await tabTo(page, "scope-notes:write");
      await picture(page, "consent-focus");
      await page.keyboard.press("Space");
      await tabTo(page, "consent-allow");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#done");
      expect((await tokens(verifier)).scope).not.toContain("notes:write");
    });

    it("works without script", async () => {
      const { page, verifier } = await begin({ javaScriptEnabled: false });
      await logIn(page);
      await page.click("#consent-allow");
      await page.waitForSelector("#done");
      expect((await tokens(verifier)).scope.split(" ").sort()).toEqual(SCOPE.split(" ").sort());
    });

    it("brings an answer by form post to the application, by itself or by its button", async () => {
      for (const javaScriptEnabled of [true, false]) {
        const { page, complaints, verifier } = await begin({ javaScriptEnabled }, "registered itself", { response_mode: "form_post" });
        await logIn(page);
        await page.click("#consent-allow");
        if (!javaScriptEnabled) {
          await picture(page, "form-post");
          await page.click("#form-post-continue");
        }
        await page.waitForSelector("#done");
        expect(new URL(page.url()).search).toBe("");
        expect(Object.fromEntries(callback.received())).toMatchObject({ state: "state-1", iss: platform.issuer });
        expect((await tokens(verifier)).scope).toContain("notes:read");
        expect(complaints).toEqual([]);
      }
    });

    it("says what was wrong with a login, beside the fields it is about, and lets the person try again", async () => {
      const { page } = await begin();
      await page.getByLabel("Name").fill("demo");
      await page.getByLabel("Password").fill("wrong");
      await page.keyboard.press("Enter");
      const field = page.getByRole("textbox", { name: "Password" });
      await page.waitForSelector("#login-error");
      expect(await field.getAttribute("aria-describedby")).toBe("login-error");
      expect(await page.getByRole("alert").textContent()).toContain("not right");
      await picture(page, "login-error");
      await logIn(page);
    });

    it("asks once and remembers, until the person withdraws it; then the tokens are dead", async () => {
      const { page, url, verifier } = await begin({}, "by the operator");
      await logIn(page);
      await page.click("#consent-allow");
      await page.waitForSelector("#done");
      const { access_token } = await tokens(verifier);
      expect(await introspect(platform.issuer, guard, access_token)).toMatchObject({ active: true });

      await page.goto(url);
      expect(page.url().startsWith(callback.redirectUri)).toBe(true);

      await page.goto(`${platform.issuer}/grants`);
      const entry = page.locator("li", { hasText: client.client_id });
      await entry.getByRole("button").click();
      await entry.waitFor({ state: "detached" });
      expect(await introspect(platform.issuer, guard, access_token)).toEqual({ active: false });

      await page.goto(url);
      await page.waitForSelector("#consent-form");
    });

    it("lets the browser go on where the application sends it, from consent and from a remembered login", async () => {
      callback.goOnTo = elsewhere.url;
      const { page, complaints, url } = await begin({ ignoreHTTPSErrors: true }, "by the operator");
      await logIn(page);
      await page.click("#consent-allow");
      await page.waitForURL(elsewhere.url);

      await page.context().clearCookies();
      await page.goto(url);
      await page.getByLabel("Name").fill("demo");
      await page.getByLabel("Password").fill("demo");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForURL(elsewhere.url);
      expect(complaints).toEqual([]);
    });

    it("refuses an unverified redirect URI on a page of its own and sends nobody anywhere", async () => {
      const { page, url } = await begin();
      const response = await page.goto(
        url.replace(encodeURIComponent(callback.redirectUri), encodeURIComponent("https://evil.example/cb")),
      );
      expect(response?.status()).toBe(400);
      expect(page.url().startsWith(platform.issuer)).toBe(true);
      expect(await page.textContent("#correlation-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(await page.content()).not.toContain("evil.example");
    });

    describe.each([
      { look: "light", options: { colorScheme: "light", viewport: { width: 1280, height: 900 } } },
      { look: "dark", options: { colorScheme: "dark", viewport: { width: 1280, height: 900 } } },
      { look: "phone", options: { colorScheme: "light", viewport: { width: 320, height: 640 } } },
    ] as const)("accessibility, $look", ({ look, options }) => {
      it("of every page a person meets: axe finds nothing serious, and nothing sticks out sideways (WCAG 1.4.10)", async () => {
        const findings: string[] = [];
        const check = async (page: Page, name: string): Promise<void> => {
          await picture(page, `${name}-${look}`);
          findings.push(...(await seriousFindings(page)).map((finding) => `${name}: ${finding}`));
          if ((await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")) === true)
            findings.push(`${name}: wider than the window`);
        };
        const { page, url } = await begin(options);
        await check(page, "login");
        await logIn(page);
        await check(page, "consent");
        await page.click("#consent-allow");
        await page.waitForSelector("#done");
        await page.goto(`${platform.issuer}/grants`);
        await check(page, "grants");
        await page.goto(url.replace(client.client_id, "nobody"));
        await check(page, "error");
        await page.goto(`${platform.issuer}/logout`);
        await check(page, "logout");
        await page.click("#logout-confirm");
        await page.waitForSelector("#logged-out");
        await check(page, "logged-out");
        expect(findings).toEqual([]);
      });
    });
  },
);
