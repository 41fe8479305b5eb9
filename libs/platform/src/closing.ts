/** What has been opened, to be closed in the opposite order. */
export interface Closing {
  /** Remembers the part and gives it back. */
  opened<T extends { close(): Promise<void> | void }>(part: T): T;
  later(close: () => Promise<void> | void): void;
  /** Closes everything, whatever fails on the way; then throws the first failure. */
  closeAll(): Promise<void>;
}

export function createClosing(): Closing {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    opened(part) {
      closers.unshift(() => part.close());
      return part;
    },
    later: (close) => void closers.unshift(close),
    async closeAll() {
      const failures: unknown[] = [];
      for (const close of closers.splice(0)) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
