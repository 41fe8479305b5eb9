// The services: two instances each, on ports of their own behind the proxy.
import { join } from "node:path";
import { environment, root } from "../launch/ground.mjs";
import { serverEnvironment, serverFlags } from "../launch/server-flags.mjs";
import { answers, freePort, ready, start } from "./processes.mjs";

export const SERVICES = ["client-registry", "token-service", "rotation-worker", "audit-projector", "dcr-bridge"];

/** Starts `count` instances of a service and waits until they are ready. */
export async function startService(service, count, settings, node) {
  const instances = [];
  for (let index = 1; index <= count; index++) instances.push(await startInstance(service, index, settings, node));
  await Promise.all(instances.map((instance) => ready(instance, () => answers(`http://127.0.0.1:${instance.entry.port}/health/ready`))));
  return instances.map(({ entry }) => entry);
}

export async function startInstance(service, index, settings, node) {
  const port = await freePort();
  const env = environment(node, { ...serverEnvironment, ...settings, GRANTLINE_HOST: "127.0.0.1", GRANTLINE_PORT: String(port) });
  return start(`${service}-${index}`, node, [...serverFlags, join(root, "apps", service, "dist", "main.js")], { env, port, cwd: root });
}
