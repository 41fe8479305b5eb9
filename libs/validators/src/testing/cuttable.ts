import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP proxy in front of a server, which can stop carrying anything without a word, as a network does; what it held back comes when it is mended. */
export interface Cuttable {
  /** The URL with the proxy in place of the server. */
  through(url: string): string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function cuttable(target: string): Promise<Cuttable> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cut = false;
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("data", (data) => void to.write(data));
    if (cut) from.pause();
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    // the other side hears of it by the close
    from.on("error", () => undefined);
  };
  const server = createServer((inner) => {
    const outer = connect(Number(port), hostname);
    join(inner, outer);
    join(outer, inner);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    through(url) {
      const changed = new URL(url);
      changed.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      return changed.href;
    },
    cut() {
      cut = true;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      cut = false;
      for (const socket of sockets) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
