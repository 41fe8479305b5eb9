#!/usr/bin/env node
import { createProgram } from "./program.ts";
import { CommandFailed, explain } from "./failure.ts";

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    for (const line of explain(error)) process.stderr.write(`grantline: ${line}\n`);
    process.exitCode = error instanceof CommandFailed ? error.exitCode : 2;
  });
