import type { Endpoint } from "../http/index.ts";
import { createSafeFetch, type SafeFetch } from "../outbound/index.ts";
import type { RegistrationContext } from "./context.ts";
import { deleteClient, readClient, updateClient } from "./manage.handler.ts";
import { registrationOperations } from "./openapi.ts";
import { register } from "./register.handler.ts";

const BODY_LIMIT = 32 * 1_024;

/** POST /register where the settings allow it; management of what is registered always. */
export function registrationEndpoints(
  parts: Omit<RegistrationContext, "fetcher">,
  options: { readonly fetcher?: SafeFetch } = {},
): readonly Endpoint[] {
  const { settings, clock } = parts;
  const fetcher = options.fetcher ?? createSafeFetch({ allowInsecureLoopback: settings.cimd.allowInsecureLoopback, clock });
  const context: RegistrationContext = { ...parts, fetcher };
  const collection = `${settings.basePath}/register`;
  const one = `${collection}/:client_id`;
  const common = { audience: "program", cors: true } as const;
  const body = { accepts: "json", bodyLimit: BODY_LIMIT } as const;
  const open: readonly Endpoint[] = settings.dcr.enabled
    ? [
        {
          ...common,
          ...body,
          id: "register",
          method: "POST",
          path: collection,
          openapi: registrationOperations.register,
          handle: (request) => register(context, request),
        },
      ]
    : [];
  return [
    ...open,
    {
      ...common,
      id: "registration-read",
      method: "GET",
      path: one,
      openapi: registrationOperations.read,
      handle: (request) => readClient(context, request),
    },
    {
      ...common,
      ...body,
      id: "registration-update",
      method: "PUT",
      path: one,
      openapi: registrationOperations.update,
      handle: (request) => updateClient(context, request),
    },
    {
      ...common,
      id: "registration-delete",
      method: "DELETE",
      path: one,
      openapi: registrationOperations.remove,
      handle: (request) => deleteClient(context, request),
    },
  ];
}
