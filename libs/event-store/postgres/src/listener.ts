import type { Client } from "pg";

export interface Listener {
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly connect: () => Client;
  readonly channel: string;
  /** Something was appended, or may have been while nobody listened. */
  readonly wake: () => void;
  readonly onTrouble: (what: string, error?: unknown) => void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Hears of appends by LISTEN on a connection of its own, and connects again whenever that breaks. Nobody relies on it: readers also look by themselves. */
export function listen({ connect, channel, wake, onTrouble }: ListenerOptions): Listener {
  let closed = false;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));

  /** Resolves when the connection has broken, with why, or when it is not wanted any more. */
  const hear = async (onHeard: () => void): Promise<unknown> => {
    const client = connect();
    const broken = new Promise<unknown>((resolve) => {
      client.once("error", resolve);
      client.once("end", () => resolve(new Error("the server ended the connection")));
    });
    client.on("error", () => undefined); // the first one is heard above, and what follows it says nothing new
    client.on("notification", wake);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      onHeard();
      wake();
      return await Promise.race([broken, ended]);
    } catch (error) {
      return error;
    } finally {
      void client.end().catch(() => undefined); // it is given up either way; a paused server would never answer the goodbye
    }
  };

  const run = async (): Promise<void> => {
    let pause = FIRST_PAUSE_MS;
    let told = false;
    while (!closed) {
      const why = await hear(() => {
        pause = FIRST_PAUSE_MS;
        told = false;
      });
      if (closed) return;
      if (!told)
        onTrouble("the connection that hears of appends broke and will be opened again; meanwhile readers look by themselves", why);
      told = true;
      const timer = { at: undefined as NodeJS.Timeout | undefined };
      await Promise.race([ended, new Promise((resolve) => (timer.at = setTimeout(resolve, pause * (0.5 + Math.random()))))]);
      clearTimeout(timer.at);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  };
  const done = run();
  return {
    close: async () => {
      closed = true;
      end();
      await done;
    },
  };
}
