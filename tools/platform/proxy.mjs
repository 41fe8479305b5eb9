// nginx in front: one origin, every request to a ready instance of the service that answers it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localConfiguration } from "./nginx.mjs";
import { accepts, ready, start } from "./processes.mjs";
import { folder } from "./state.mjs";

/** `ports`: of every instance, by service. */
export async function proxy(nginx, { host, port, basePath }, ports) {
  const place = join(folder, "nginx");
  mkdirSync(place, { recursive: true });
  const file = join(place, "nginx.conf");
  writeFileSync(file, localConfiguration({ host, port, basePath, place }, ports));
  const server = start("nginx", nginx, ["-p", place, "-c", file, "-e", join(place, "error.log")], { port, stopWith: "SIGQUIT" });
  await ready(server, () => accepts(port));
}
