import cluster, { type Worker } from "node:cluster";
import { mergedText, type Metrics, type MetricsSnapshot } from "@grantline/telemetry";

/** A worker that does not answer within this is left out of the sum. */
const PATIENCE_MS = 1_000;

type ToPrimary =
  | { readonly kind: "metrics-wanted"; readonly id: number }
  | { readonly kind: "metrics-snapshot"; readonly id: number; readonly snapshot: MetricsSnapshot };
type ToWorker =
  | { readonly kind: "metrics-text"; readonly id: number; readonly text: string }
  | { readonly kind: "snapshot-wanted"; readonly id: number };

/** In the primary: answers any worker that is asked for `/metrics` with the sum over all processes. `refresh` brings the primary's own gauges up to date. */
export function serveClusterMetrics(own: Metrics, refresh: () => Promise<void>): void {
  const waiting = new Map<number, (snapshot: MetricsSnapshot) => void>();
  let lastId = 0;

  function snapshotOf(worker: Worker): Promise<MetricsSnapshot> {
    const id = ++lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(settle, PATIENCE_MS, []);
      function settle(snapshot: MetricsSnapshot): void {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(snapshot);
      }
      waiting.set(id, settle);
      tell(worker, { kind: "snapshot-wanted", id });
    });
  }

  async function sum(): Promise<string> {
    await refresh();
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true);
    return mergedText(await Promise.all([own.snapshot(), ...workers.map((worker) => snapshotOf(worker as Worker))]));
  }

  cluster.on("message", (worker, message: ToPrimary | string) => {
    if (typeof message === "string") return;
    if (message.kind === "metrics-snapshot") waiting.get(message.id)?.(message.snapshot);
    if (message.kind === "metrics-wanted")
      void sum().then(
        (text) => tell(worker, { kind: "metrics-text", id: message.id, text }),
        () => undefined,
      ); // the asker gives up by itself and says so
  });
}

/** A worker that has just ended can't be told anything, and need not be. */
function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** In a worker: gives its counts when asked, and lets the primary answer `/metrics` for all. */
export function clusterMetrics(own: Metrics): Pick<Metrics, "contentType" | "text"> {
  const waiting = new Map<number, (text: string) => void>();
  let lastId = 0;
  process.on("message", (message: ToWorker) => {
    if (message.kind === "metrics-text") waiting.get(message.id)?.(message.text);
    if (message.kind === "snapshot-wanted")
      void own.snapshot().then((snapshot) => process.send?.({ kind: "metrics-snapshot", id: message.id, snapshot } satisfies ToPrimary));
  });
  return {
    contentType: own.contentType,
    text: () =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error("the primary process did not sum the metrics up in time"));
        }, 2 * PATIENCE_MS);
        waiting.set(id, (text) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(text);
        });
        process.send?.({ kind: "metrics-wanted", id } satisfies ToPrimary);
      }),
  };
}
