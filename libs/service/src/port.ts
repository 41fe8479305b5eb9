import { createServer, type AddressInfo } from "node:net";

/** The port can't be had. */
export class PortError extends Error {
  override readonly name = "PortError";
}

/** Finds out early, before any file is opened, whether the port is free; 0 becomes the free port that was found. */
export async function claimPort(host: string, port: number): Promise<number> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.listen({ host, port }, resolve);
    });
    return (probe.address() as AddressInfo).port;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new PortError(
        `GRANTLINE_PORT: port ${port} on ${host} is in use by another process. Stop it, or choose another port, for instance GRANTLINE_PORT=${port + 1}.`,
      );
    if (code === "EACCES") throw new PortError(`GRANTLINE_PORT: this user may not listen on port ${port}. Choose one above 1023.`);
    throw new PortError(
      `GRANTLINE_HOST: can't listen on ${host}:${port} (${code ?? String(error)}). Allowed: an address of this machine, such as 127.0.0.1 or 0.0.0.0.`,
    );
  } finally {
    await new Promise<void>((resolve) => probe.close(() => resolve()));
  }
}
