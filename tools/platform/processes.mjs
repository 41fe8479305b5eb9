// Starting, finding and stopping processes that outlive this command.
import { spawn } from "node:child_process";
import { openSync, closeSync, mkdirSync, readFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { folder } from "./state.mjs";

/** Below what systems give to outgoing connections: one of those must not take the port before its process listens. */
const PORTS = { first: 15_000, count: 15_000 };
const given = new Set();

/** A port nobody listens on now, and nobody else here was given. */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port) {
  const probe = createServer();
  try {
    await new Promise((resolve, reject) => probe.once("error", reject).listen(port, "127.0.0.1", resolve));
    return true;
  } catch {
    return false; // taken
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}

let tell = () => undefined;
let over = false;

/** From now on nothing is started. */
export function startNoMore() {
  over = true;
}

/** `listener` is told of every process at once, before anybody knows whether it will be ready. */
export function onStart(listener) {
  tell = listener;
}

/** Starts a process in a session of its own, its output in logs/{name}.log. */
export function start(name, command, args, { env = process.env, cwd = folder, stopWith = "SIGTERM", port, as = {} } = {}) {
  if (over) throw new Error(`${name} was not started any more`);
  const logs = join(folder, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o755 });
  const log = join(logs, `${name}.log`);
  const out = openSync(log, "a");
  const child = spawn(command, args, { ...as, cwd, env, detached: true, stdio: ["ignore", out, out] });
  closeSync(out);
  const died = new Promise((_, reject) => {
    child.once("error", (error) => reject(new Error(`${name}: ${error.message}`)));
    child.once("exit", (code, signal) =>
      reject(new Error(`${name} ended at its start (${signal ?? `exit ${code}`}); the end of ${log}:\n${tail(log, 12)}`)),
    );
  });
  died.catch(() => undefined); // heard by whoever waits for it to be ready
  child.unref();
  const entry = { name, pid: child.pid, started: startTime(child.pid), log, stopWith, ...(port === undefined ? {} : { port }) };
  if (child.pid !== undefined) tell(entry);
  return { entry, died };
}

/** Ticks since boot at which a process began: with the pid it names a process for good. Undefined when it has ended, if only just. */
function startTime(pid) {
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return state === "Z" ? undefined : fields[18];
  } catch {
    return undefined; // no /proc here, or gone already: the pid alone must do
  }
}

export function isRunning({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
  return started === undefined || startTime(pid) === started;
}

/** Asks it to stop, waits, and makes it stop when it does not. */
export async function stop(entry, patienceMs = 15_000) {
  if (!isRunning(entry)) return;
  process.kill(entry.pid, entry.stopWith);
  const deadline = Date.now() + patienceMs;
  while (isRunning(entry)) {
    if (Date.now() > deadline) {
      process.kill(entry.pid, "SIGKILL");
      await pause(200);
      return;
    }
    await pause(50);
  }
}

/** Resolves when `check` answers true; rejects when the process dies, or after `seconds`. */
export async function ready({ entry, died }, check, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  const waiting = (async () => {
    while (Date.now() < deadline) {
      if (await check().catch(() => false)) return;
      await pause(100);
    }
    throw new Error(`${entry.name} was not ready after ${seconds} s; the end of ${entry.log}:\n${tail(entry.log, 12)}`);
  })();
  await Promise.race([waiting, died]);
}

export async function accepts(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  return response.ok;
}

export function tail(log, lines) {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
