/** The part of a logger that is used here; pino fits. Members are ids and counts, never a secret or a personal datum. */
export interface FeedLog {
  info(members: object, message: string): void;
  warn(members: object, message: string): void;
  error(members: object, message: string): void;
}
