import type { GrantType } from "../grant-type.ts";
import { issueForClient, judgeClient } from "./client-credentials.handler.ts";

export const clientCredentials: GrantType = {
  grantType: "client_credentials",
  parameters: ["scope", "resource"],
  handle: issueForClient,
  judge: judgeClient,
};
