/** One step from a version of the schema to the next. Never changed once released; a later step corrects an earlier one. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Run in a transaction of its own, with the schema's name for `{schema}`. */
  readonly sql: string;
}
