import { Command, InvalidArgumentError } from "commander";
import type { Terminal } from "../terminal.ts";
import { accessPolicyOf, withAccessPolicy, type AccessPolicyOptions } from "./access-policy.ts";
import { postToAdminApi, withAdminOptions, type AdminOptions } from "./admin-api.ts";
import { showAnswer } from "./show-answer.ts";

interface Scope {
  readonly name: string;
  readonly description: string;
  readonly default?: true;
}

interface AddOptions extends AdminOptions, AccessPolicyOptions {
  readonly name?: string;
  readonly scope: readonly Scope[];
  readonly format?: string;
}

export function resourceCommand(terminal: Terminal): Command {
  const add = withAccessPolicy(withAdminOptions(new Command("add")))
    .description("Registers an MCP server as a resource, with the client that introspects its tokens.")
    .argument("<uri>", "the server's MCP endpoint, exactly as clients reach it")
    .option("--name <name>", "what people read on the consent page; else the URI")
    .option(
      "--scope <name=description>",
      "a scope with its description in plain words; repeat it. A * before the name makes it a default scope",
      collectScope,
      [],
    )
    .option("--format <format>", "format of its access tokens: jwt or opaque; else the server's")
    .action(async (uri: string, options: AddOptions, command: Command) => {
      const answer = await postToAdminApi(command, terminal, "/resources", {
        uri,
        name: options.name ?? uri,
        scopes: options.scope,
        ...accessPolicyOf(options, terminal),
        ...(options.format === undefined ? {} : { token_policy: { format: options.format } }),
      });
      showAnswer(answer, ["uri", "resource_id", "client_id", "client_secret"], options, terminal);
    });
  return new Command("resource").description("Resources (protected MCP servers) of a running server").addCommand(add);
}

function collectScope(value: string, former: readonly Scope[]): readonly Scope[] {
  const [, star, name, description] = /^(\*?)([^=\s]+)=(.+)$/.exec(value) ?? [];
  if (name === undefined || description === undefined)
    throw new InvalidArgumentError('Write a scope as name=description, for instance "notes:read=Read your notes".');
  return [...former, { name, description, ...(star === "*" ? { default: true as const } : {}) }];
}
