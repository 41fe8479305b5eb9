// The services: two instances each, on ports of their own behind the proxy.
import { join } from "node:path";
import { root } from "../launch/ground.mjs";
import { serverEnvironment, serverFlags } from "../launch/server-flags.mjs";
import { answers, freePort, ready, start } from "./processes.mjs";
import { withSettings } from "./settings.mjs";

/** rotation-worker first: nobody can sign before it has made the keys. The bridge last: it looks for the registry behind the proxy. */
export const SERVICES = ["rotation-worker", "client-registry", "token-service", "audit-projector", "mcp-gateway", "dcr-bridge"];

/** Ports for every instance of every service, known before any is started: the proxy names them all. */
export async function portsFor(count) {
  const ports = {};
  for (const service of SERVICES) ports[service] = await Promise.all(Array.from({ length: count }, freePort));
  return ports;
}

/** Starts the instances of a service and waits until they are ready. */
export async function startService(service, ports, settings, node) {
  const instances = ports.map((port, index) => startInstance(service, index + 1, port, settings, node));
  await Promise.all(instances.map((instance) => ready(instance, () => answers(`http://127.0.0.1:${instance.entry.port}/health/ready`))));
}

function startInstance(service, index, port, settings, node) {
  const env = withSettings(node, { ...settings, GRANTLINE_HOST: "127.0.0.1", GRANTLINE_PORT: String(port) }, serverEnvironment);
  return start(`${service}-${index}`, node, [...serverFlags, join(root, "apps", service, "dist", "main.js")], { env, port, cwd: root });
}
