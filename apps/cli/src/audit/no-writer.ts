/** What to do where a log can be read and not be written. */
export const NO_WRITER =
  "A server runs alone on this data folder and lets nobody else write. Stop it, or run it with GRANTLINE_WORKERS of 2 or more.";
