/** Calls `show` at most once a second, with the latest value. */
export function everySecond<T>(show: (value: T) => void, nowMs: () => number = () => performance.now()): (value: T) => void {
  let shownMs = nowMs();
  return (value) => {
    if (nowMs() - shownMs < 1_000) return;
    shownMs = nowMs();
    show(value);
  };
}
