// `npm start`: brings what is needed, then the all-in-one server.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root } from "./ground.mjs";
import { serverEnvironment, serverFlags } from "./server-flags.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);

// The IPC channel ties the two together: if this launcher is killed outright, the server sees it close, drains and stops.
const server = spawn(node, [...serverFlags, join(root, "apps", "all-in-one", "dist", "main.js"), ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
  env: environment(node, serverEnvironment),
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => server.kill(signal === "SIGINT" ? "SIGINT" : "SIGTERM"));
server.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
