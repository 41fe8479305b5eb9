export { digest, History, type Asked, type Op, type OpArgs, type Operation, type OpResult } from "./history.ts";
export { historyChecker, judgeHistory, violationsOf, type HistoryVerdict } from "./checker.ts";
