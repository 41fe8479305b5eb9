import type { Person, Step } from "./person.ts";

/** A person who types the code of a device and decides about it; where they end. */
export async function decideDevice(
  person: Person,
  of: {
    readonly issuer: string;
    readonly userCode: string;
    readonly decision?: "allow" | "deny";
    readonly username?: string;
    readonly password?: string;
  },
): Promise<Step> {
  let step = await person.open(`${of.issuer}/device`);
  if (step.kind === "page" && step.html.includes('id="login-form"'))
    step = await person.submit(step, "login-form", { username: of.username ?? "demo", password: of.password ?? "demo" });
  step = await person.submit(step, "device-code-form", { user_code: of.userCode });
  return person.submit(step, "device-form", { decision: of.decision ?? "allow" });
}
