import type { Scenario } from "k6/options";

/** Requests per second of each scenario at factor 1: the objectives for one machine with two cores and everything on it. */
export const RATES = { token: 700, refresh: 300, introspect: 2000, revoke: 20, register: 5 } as const;
export type Job = keyof typeof RATES;

/** How the load goes over time: [factor, duration] steps. */
const SHAPES: Readonly<Record<string, readonly (readonly [factor: number, duration: string])[]>> = {
  /** A few seconds at a twentieth, for CI: does everything still answer? */
  smoke: [[0.05, "15s"]],
  steady: [
    [0.2, "20s"],
    [1, "10s"],
    [1, "3m"],
  ],
  spike: [
    [0.2, "30s"],
    [2, "5s"],
    [2, "30s"],
    [0.2, "5s"],
    [0.2, "1m"],
  ],
  soak: [
    [0.5, "1m"],
    [0.5, "2h"],
  ],
  stress: [
    [0.5, "1m"],
    [1, "1m"],
    [1.5, "1m"],
    [2, "1m"],
    [3, "1m"],
  ],
};

export const PROFILES = Object.keys(SHAPES);

/** Which jobs run, and how their rates compare with RATES. */
const MIXES: Readonly<Record<string, Partial<Record<Job, number>>>> = {
  token: { token: 1.5 },
  refresh: { refresh: 2 },
  introspect: { introspect: 1 },
  revoke: { revoke: 1 },
  register: { register: 1 },
  /** A day of a fleet: mostly validation, some refreshing, little of the rest. */
  mixed: { token: 0.2, refresh: 0.4, introspect: 0.4, revoke: 1, register: 1 },
};

export const SCENARIOS = Object.keys(MIXES);

/** Arrival-rate scenarios: a slow answer does not slow the load down. `scale` multiplies every rate. */
export function scenariosOf(mix: string, profile: string, scale: number): Record<string, Scenario> {
  const jobs = MIXES[mix];
  const shape = SHAPES[profile];
  if (jobs === undefined) throw new Error(`there is no scenario ${mix}; there are ${SCENARIOS.join(", ")}`);
  if (shape === undefined) throw new Error(`there is no profile ${profile}; there are ${PROFILES.join(", ")}`);
  return Object.fromEntries(
    Object.entries(jobs).map(([job, share]) => {
      const rate = RATES[job as Job] * share * scale;
      const stages = shape.map(([factor, duration]) => ({ target: Math.max(1, Math.round(rate * factor)), duration }));
      const most = Math.max(4, Math.ceil(Math.max(...stages.map(({ target }) => target)) * 0.5));
      return [
        job,
        {
          executor: "ramping-arrival-rate",
          exec: job,
          startRate: stages[0]?.target ?? 1,
          timeUnit: "1s",
          stages,
          // all at the start: k6 drops iterations while it makes another in the middle of a run
          preAllocatedVUs: Math.min(most, 200),
          maxVUs: Math.min(most, 400),
        } satisfies Scenario,
      ];
    }),
  );
}
