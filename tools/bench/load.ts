// A load generator of our own, for one reason: a refresh chain needs each request made from the answer before it, per connection.
// Raw sockets, keep-alive, one request in flight per connection; costs little enough that the server is what is measured.
import { connect, type Socket } from "node:net";

export interface Scenario {
  readonly name: string;
  /** Path and headers, without the body's length. */
  readonly head: string;
  /** Body for the next request on connection `index`. */
  readonly body: (index: number) => string;
  /** Looks at an answer; makes the next body possible. Throws on a wrong one. */
  readonly answered?: (index: number, status: number, body: string) => void;
}

export interface Result {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Stops after so many answers, if that comes sooner. */
  readonly requests?: number;
  /** Requests a second over all connections; absent: as fast as answers come. */
  readonly rate?: number;
  /** Told of each answer as it comes, with its latency in milliseconds. */
  readonly observe?: (milliseconds: number) => void;
}

/** Runs one scenario; latencies in milliseconds. */
export async function load(scenario: Scenario, options: LoadOptions): Promise<Result> {
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + options.seconds * 1000;
  const interval = options.rate === undefined ? 0 : (1000 * options.connections) / options.rate;
  await Promise.all(
    Array.from({ length: options.connections }, (_, index) =>
      drive(scenario, options.port, index, {
        end,
        interval,
        latencies,
        most: options.requests ?? Number.POSITIVE_INFINITY,
        observe: options.observe,
      }),
    ),
  );
  const elapsed = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (quantile: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * quantile))] ?? Number.NaN;
  return { perSecond: latencies.length / elapsed, p50: at(0.5), p99: at(0.99), requests: latencies.length };
}

interface Run {
  readonly end: number;
  readonly interval: number;
  readonly latencies: number[];
  readonly most: number;
  readonly observe: LoadOptions["observe"] | undefined;
}

function drive(scenario: Scenario, port: number, index: number, run: Run): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let due = performance.now() + Math.random() * run.interval;
    let sent = 0;
    let pending = "";
    const send = (): void => {
      // with a rate, latency counts from when the request was due: no coordinated omission
      sent = run.interval === 0 ? performance.now() : due;
      const body = scenario.body(index);
      socket.write(`POST ${scenario.head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    const next = (): void => {
      if (performance.now() >= run.end || run.latencies.length >= run.most) return void socket.end();
      if (run.interval === 0) return send();
      due += run.interval;
      const wait = due - performance.now();
      if (wait > 0) setTimeout(send, wait);
      else send();
    };
    socket.setEncoding("latin1");
    socket.on("connect", () => (run.interval === 0 ? send() : setTimeout(send, Math.max(0, due - performance.now()))));
    socket.on("data", (chunk: string) => {
      pending += chunk;
      const answer = complete(pending);
      if (answer === undefined) return;
      pending = "";
      const latency = performance.now() - sent;
      run.latencies.push(latency);
      run.observe?.(latency);
      try {
        if (scenario.answered === undefined) {
          if (answer.status !== 200) throw new Error(`${scenario.name}: ${answer.status} ${answer.body}`);
        } else scenario.answered(index, answer.status, answer.body);
      } catch (error) {
        socket.destroy();
        return reject(error instanceof Error ? error : new Error(String(error)));
      }
      next();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}

function complete(text: string): { readonly status: number; readonly body: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  return { status: Number(text.slice(9, 12)), body: text.slice(end + 4) };
}
