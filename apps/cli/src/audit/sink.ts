import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { CommandFailed } from "../failure.ts";

/** Where an export goes; the next piece is asked for when the last has been taken. */
export interface Sink {
  write(piece: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A file (begun anew unless told to append), or standard output for "-". */
export async function openSink(out: string, append: boolean): Promise<Sink> {
  if (out === "-") return streamSink(process.stdout, async () => undefined);
  const file = createWriteStream(out, { flags: append ? "a" : "w" });
  await once(file, "open").catch((error: unknown) => {
    throw new CommandFailed(`--out: can't write ${out} (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  });
  return streamSink(file, () => new Promise((resolve, reject) => file.once("error", reject).end(resolve)));
}

function streamSink(stream: NodeJS.WritableStream, close: () => Promise<void>): Sink {
  const failed = new Promise<never>((_resolve, reject) => stream.once("error", reject));
  failed.catch(() => undefined); // met at the next write, which is where somebody waits for it
  return {
    write: (piece) =>
      Promise.race([failed, new Promise<void>((resolve) => (stream.write(piece) ? resolve() : void stream.once("drain", resolve)))]).catch(
        (error: unknown) => {
          throw new CommandFailed(`the output can't be written any more (${(error as NodeJS.ErrnoException).code ?? "error"})`);
        },
      ),
    close,
  };
}
