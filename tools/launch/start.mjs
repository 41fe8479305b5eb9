// `npm start`: brings what is needed, then the all-in-one server.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);

// The IPC channel ties the two together: if this launcher is killed outright, the server sees it close, drains and stops.
// A small young generation: issuing a million tokens then needs half the memory, at no measurable cost (npm run bench -- scale).
const server = spawn(node, ["--enable-source-maps", "--max-semi-space-size=8", join(root, "apps", "all-in-one", "dist", "main.js"), ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
  env: environment(node),
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => server.kill(signal === "SIGINT" ? "SIGINT" : "SIGTERM"));
server.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
