#!/usr/bin/env node
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { METADATA_COMMAND, ownArguments, pluginMetadata } from "./docker/docker-plugin.ts";
import { createProgram } from "./program.ts";
import { CommandFailed, explain } from "./failure.ts";
import { release } from "./release.ts";

// Node gives each address of a name (`localhost` has two) a quarter of a second, which passes on a busy machine.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

const [, program = "", ...given] = process.argv;
if (given[0] === METADATA_COMMAND) process.stdout.write(pluginMetadata(release()));
else
  createProgram()
    .parseAsync(ownArguments(program, given), { from: "user" })
    .catch((error: unknown) => {
      for (const line of explain(error)) process.stderr.write(`grantline: ${line}\n`);
      process.exitCode = error instanceof CommandFailed ? error.exitCode : 2;
    });
