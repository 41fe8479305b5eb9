import type { GrantType } from "../grant-type.ts";
import { issueForClient } from "./client-credentials.handler.ts";

export const clientCredentials: GrantType = {
  grantType: "client_credentials",
  parameters: ["scope", "resource"],
  handle: issueForClient,
};
