// PostgreSQL, Redis and Kafka, each from its package, in a folder of this platform.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { accepts, freePort, ready, start } from "./processes.mjs";
import { databaseFolder, folder } from "./state.mjs";

/** Events and keys; answers the URL. `bin` is the folder of its programs. */
export async function postgres(bin) {
  const data = databaseFolder();
  const port = await freePort();
  const as = databaseUser();
  const run = (program, args) => spawnSync(join(bin, program), args, { ...as, encoding: "utf8", cwd: "/" });
  const psql = (statement) => run("psql", ["-h", "127.0.0.1", "-p", String(port), "-U", "grantline", "-d", "postgres", "-Atc", statement]);
  if (!existsSync(join(data, "PG_VERSION"))) {
    mkdirSync(dirname(data), { recursive: true, mode: 0o711 });
    mkdirSync(data, { recursive: true, mode: 0o700 });
    if (as.uid !== undefined) chownSync(data, as.uid, as.gid);
    const made = run("initdb", ["-D", data, "-A", "trust", "-U", "grantline", "--locale=C.UTF-8", "-E", "UTF8"]);
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  }
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"].flatMap((setting) => ["-c", setting]);
  // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients
  const server = start("postgres", join(bin, "postgres"), ["-D", data, "-p", String(port), ...settings], {
    stopWith: "SIGINT",
    port,
    cwd: "/",
    as,
  });
  await ready(server, async () => psql("select 1").status === 0);
  psql("CREATE DATABASE grantline"); // there already after a restart with kept data
  return `postgres://grantline@127.0.0.1:${port}/grantline`;
}

/** PostgreSQL refuses to run as root; its package has made a user for it. */
function databaseUser() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag) => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

/** Read models; answers the URL. They can be made again, so nothing of them is kept on disk. */
export async function redis(bin) {
  const port = await freePort();
  const data = join(folder, "redis");
  mkdirSync(data, { recursive: true });
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--dir",
    data,
    "--save",
    "",
    "--appendonly",
    "no",
    "--maxmemory-policy",
    "noeviction",
  ];
  const server = start("redis", bin, args, { port });
  await ready(server, () => accepts(port));
  return `redis://127.0.0.1:${port}`;
}

/** The relay's broker, one node, which is broker and controller; answers its address. `lib` is the folder of its jars. */
export async function kafka(lib) {
  const [port, controller] = [await freePort(), await freePort()];
  const data = join(folder, "kafka");
  const settings = join(folder, "kafka.properties");
  mkdirSync(data, { recursive: true });
  writeFileSync(settings, kafkaSettings(port, controller, data));
  const java = ["-cp", join(lib, "*")];
  if (!existsSync(join(data, "meta.properties"))) {
    const id = `k${randomBytes(16).toString("base64url").slice(1)}`;
    const made = spawnSync("java", [...java, "kafka.tools.StorageTool", "format", "-t", id, "-c", settings], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`formatting Kafka's storage failed: ${made.stdout}${made.stderr}`);
  }
  const server = start(
    "kafka",
    "java",
    ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", ...java, "kafka.Kafka", settings],
    { port },
  );
  await ready(server, () => accepts(port));
  return `127.0.0.1:${port}`;
}

function kafkaSettings(port, controller, data) {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
controller.listener.names=CONTROLLER
log.dirs=${data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
`;
}
