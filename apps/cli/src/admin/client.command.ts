import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { postToAdminApi, withAdminOptions, type AdminOptions } from "./admin-api.ts";
import { listClients, reinstateClient, removeClient, rotateClientSecret, showClient, suspendClient } from "./known-client.command.ts";
import { showAnswer } from "./show-answer.ts";

interface AddOptions extends AdminOptions {
  readonly name: string;
  readonly id?: string;
  readonly redirectUri: readonly string[];
  readonly machine?: boolean;
  readonly auth?: string;
  readonly jwksUri?: string;
  readonly scope: readonly string[];
}

export function clientCommand(terminal: Terminal): Command {
  const add = withAdminOptions(new Command("add"))
    .description("Registers a client: one that people log in through, or with --machine one that acts for itself.")
    .requiredOption("--name <name>", "what people read on the consent page")
    .option("--id <client_id>", "a client_id of your choice; else one is made up")
    .option("--redirect-uri <uri>", "where people come back to; repeat it", collect, [])
    .option("--machine", "uses client_credentials, has no people")
    .option(
      "--auth <method>",
      "none, client_secret_basic, client_secret_post or private_key_jwt; default none, with --machine client_secret_basic",
    )
    .option("--jwks-uri <uri>", "where its public keys are, for private_key_jwt")
    .option("--scope <name>", "may have only this scope; repeat it. grantline:* scopes are had this way alone", collect, [])
    .action(async (options: AddOptions, command: Command) => {
      const answer = await postToAdminApi(command, terminal, "/clients", documentOf(options));
      showAnswer(answer, ["client_id", "client_secret"], options, terminal);
    });
  const client = new Command("client").description("Clients of a running server").addCommand(add);
  for (const make of [listClients, showClient, suspendClient, reinstateClient, rotateClientSecret, removeClient])
    client.addCommand(make(terminal));
  return client;
}

function documentOf(options: AddOptions): object {
  const machine = options.machine === true;
  return {
    client_name: options.name,
    ...(options.id === undefined ? {} : { client_id: options.id }),
    redirect_uris: options.redirectUri,
    grant_types: machine ? ["client_credentials"] : ["authorization_code", "refresh_token"],
    response_types: machine ? [] : ["code"],
    token_endpoint_auth_method: options.auth ?? (machine ? "client_secret_basic" : "none"),
    ...(options.jwksUri === undefined ? {} : { jwks_uri: options.jwksUri }),
    ...(options.scope.length === 0 ? {} : { settings: { allowed_scopes: options.scope } }),
  };
}

function collect(value: string, former: readonly string[]): readonly string[] {
  return [...former, value];
}
