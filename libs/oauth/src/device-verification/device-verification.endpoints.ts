import { createTurns } from "@grantline/event-store";
import type { OAuthContext } from "../context/index.ts";
import { formOperation, queryOperation, type Endpoint } from "../http/index.ts";
import { answerDevice, showDevice } from "./decision.handler.ts";
import { enterCode, showCodeForm } from "./user-code.handler.ts";

/** Where a person types the code of their device and decides (RFC 8628 §3.3). */
export function deviceVerificationEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/device`;
  const decision = `${path}/decision`;
  const inTurn = createTurns();
  return [
    {
      id: "device",
      method: "GET",
      path,
      audience: "person",
      openapi: queryOperation({
        summary: "The page where a person types the code of their device",
        parameters: ["user_code"],
        answers: { "200": "The page.", "303": "Log in first." },
      }),
      handle: (request) => showCodeForm(context, request),
    },
    {
      id: "device-code",
      method: "POST",
      path,
      accepts: "form",
      audience: "person",
      openapi: formOperation({
        summary: "Type the code of a device",
        parameters: ["csrf", "user_code"],
        answers: { "303": "On to the decision, or to the login." },
      }),
      handle: (request) => enterCode(context, request, inTurn),
    },
    {
      id: "device-decision",
      method: "GET",
      path: decision,
      audience: "person",
      openapi: queryOperation({
        summary: "The page where a person decides about a device",
        parameters: ["device"],
        answers: { "200": "The page.", "303": "Log in first." },
      }),
      handle: (request) => showDevice(context, request),
    },
    {
      id: "device-decision-answer",
      method: "POST",
      path: decision,
      accepts: "form",
      audience: "person",
      openapi: formOperation({
        summary: "Allow or deny a device",
        parameters: ["device", "csrf", "decision", "scope"],
        answers: { "200": "What was decided.", "303": "Log in first." },
      }),
      handle: (request) => answerDevice(context, request),
    },
  ];
}
