import type { Parameters } from "../http/index.ts";

export const LONGEST_STATE = 4096;

/** The state to send back with an answer, byte for byte; none when it is repeated or longer than 4 kB (then the request is refused). */
export function echoedState(parameters: Parameters): string | undefined {
  const values = parameters.all("state");
  const state = values.length === 1 ? values[0] : undefined;
  return state === undefined || state.length > LONGEST_STATE ? undefined : state;
}
