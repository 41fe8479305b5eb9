import { OAuthError } from "../errors/index.ts";
import type { Prompt } from "./types.ts";

const PROMPTS: readonly string[] = ["none", "login", "consent", "select_account"];

/** The prompt values asked for; unknown ones are ignored. Throws `invalid_request` when none stands beside another. */
export function requestedPrompt(text: string | undefined): readonly Prompt[] {
  const values = new Set((text ?? "").split(" ").filter((value): value is Prompt => PROMPTS.includes(value)));
  const words = (text ?? "").split(" ").filter((word) => word !== "");
  // OpenID Connect Core §3.1.2.1: none with any other value is an error
  if (values.has("none") && words.some((word) => word !== "none"))
    throw new OAuthError("invalid_request", "prompt-invalid", "prompt=none can't be combined with another value.");
  return [...values];
}
