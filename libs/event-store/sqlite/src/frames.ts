import { deserialize, serialize } from "node:v8";

/** Frames on the socket between a peer and the writer: 4 bytes of length, then the structured-clone form of the message. */
export function encodeFrame(message: unknown): Buffer {
  const body = serialize(message);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Far above any batch; a length beyond it is no frame of ours. */
const LONGEST = 256 * 1024 * 1024;

/** Feed it chunks as they come; it hands over whole messages. Throws on bytes that are no frame. */
export function createFrameReader<M>(onMessage: (message: M) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = 4;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const buffer = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held);
      const end = 4 + buffer.readUInt32BE(0);
      if (end > LONGEST) throw new RangeError(`a frame of ${end} bytes`);
      chunks = [buffer];
      wanted = end;
      if (held < end) return;
      onMessage(deserialize(buffer.subarray(4, end)) as M);
      const rest = buffer.subarray(end);
      chunks = rest.length === 0 ? [] : [rest];
      held = rest.length;
      wanted = 4;
    }
  };
}
