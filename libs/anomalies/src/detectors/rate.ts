import type { Evidence } from "@grantline/domain/finding";
import { withEvidence } from "../detector.ts";
import type { Observation } from "../observation.ts";

/** How many in this window, and what is usual. */
export interface Rate {
  /** Number of the window: epoch seconds over its width. */
  window: number;
  count: number;
  /** How many there were in the window before. */
  previous: number;
  evidence: readonly Evidence[];
  since: number;
  /** Moving mean and variance of the windows before. */
  mean: number;
  variance: number;
  /** The highest there have been, highest first: what comes once a day (a batch) is usual too. */
  peaks: readonly Peak[];
  /** Windows since the first. */
  learned: number;
  /** Window in which this was last reported. */
  reported: number;
}

/** One occasion on which there was much; windows next to each other are one occasion. */
interface Peak {
  readonly window: number;
  readonly count: number;
}

export interface RateLimits {
  /** Seconds. */
  readonly width: number;
  /** Fewer are never worth a word. */
  readonly floor: number;
  /** So many times the mean. */
  readonly times: number;
  /** So many standard deviations above it. */
  readonly deviations: number;
  /** So many times what there has been on several occasions. */
  readonly peaks: number;
  /** Windows that must have been seen before anything is unusual. */
  readonly learn: number;
  /** Windows over which the mean forgets. */
  readonly memory: number;
  /** Windows after which half of a peak is forgotten. */
  readonly peakHalfLife: number;
  /** Does what was unusual several times become usual? Of a client's batches, yes; of what strangers do, no. */
  readonly getsUsed: boolean;
  /** Windows before the same is reported again, and between two occasions. */
  readonly quiet: number;
}

const MOST_PEAKS = 4;
/** An attack or two must not become what is usual, and a batch must after a few days: the third highest occasion counts. */
const COUNTING_PEAK = 2;

export function newRate(at: number, { width }: RateLimits): Rate {
  return {
    window: Math.floor(at / width),
    count: 0,
    previous: 0,
    evidence: [],
    since: at,
    mean: 0,
    variance: 0,
    peaks: [],
    learned: 0,
    reported: Number.MIN_SAFE_INTEGER,
  };
}

/** Counts `times` more; true when this is the moment to say that it is unusual. Late events count in the present window: the log's order is the clock. */
export function count(rate: Rate, seen: Observation, times: number, limits: RateLimits): boolean {
  const window = Math.max(rate.window, Math.floor(seen.at / limits.width));
  if (window > rate.window) closeWindow(rate, window, seen.at, limits);
  rate.count += times;
  rate.evidence = withEvidence(rate.evidence, seen);
  if (rate.learned < limits.learn || rate.window - rate.reported < limits.quiet) return false;
  if (slidingCount(rate, seen.at, limits) < thresholdOf(rate, limits)) return false;
  rate.reported = rate.window;
  return true;
}

/** Of a whole width up to now: so much of the window before as still lies in it counts too, or an attack across a boundary would look like two small ones. */
export function slidingCount({ window, count: present, previous }: Rate, at: number, { width }: RateLimits): number {
  const elapsed = Math.min(1, Math.max(0, at / width - window));
  return present + previous * (1 - elapsed);
}

function thresholdOf(rate: Rate, { floor, times, deviations, peaks, peakHalfLife }: RateLimits): number {
  const { mean, variance, window } = rate;
  const peak = rate.peaks[COUNTING_PEAK];
  const usual = peak === undefined ? 0 : peak.count * 0.5 ** ((window - peak.window) / peakHalfLife);
  return Math.max(floor, times * mean, mean + deviations * Math.sqrt(variance), peaks * usual);
}

function closeWindow(rate: Rate, window: number, at: number, limits: RateLimits): void {
  const threshold = thresholdOf(rate, limits);
  const unusual = rate.learned >= limits.learn && rate.count >= threshold;
  // what was unusual is learned as something that was not
  learn(rate, unusual ? threshold / 2 : rate.count, limits);
  const high = unusual && !limits.getsUsed ? threshold / limits.peaks : rate.count;
  rate.peaks = withPeak(rate.peaks, { window: rate.window, count: high }, limits);
  const empty = window - rate.window - 1;
  if (empty > 0) forget(rate, empty, limits);
  rate.previous = empty > 0 ? 0 : rate.count;
  rate.learned += empty + 1;
  rate.window = window;
  rate.count = 0;
  rate.evidence = [];
  rate.since = at;
}

/** Most windows are no peak and leave the list as it is. */
function withPeak(peaks: readonly Peak[], peak: Peak, { quiet, peakHalfLife }: RateLimits): readonly Peak[] {
  const lowest = peaks.at(-1);
  if (peaks.length === MOST_PEAKS && lowest !== undefined && peak.count <= faded(lowest, peak.window, peakHalfLife)) return peaks;
  const same = peaks.find(({ window }) => peak.window - window < quiet);
  if (same !== undefined && same.count >= peak.count) return peaks;
  return [...peaks.filter((each) => each !== same), peak]
    .sort((one, other) => faded(other, peak.window, peakHalfLife) - faded(one, peak.window, peakHalfLife))
    .slice(0, MOST_PEAKS);
}

function faded({ count: high, window }: Peak, now: number, halfLife: number): number {
  return high * 0.5 ** ((now - window) / halfLife);
}

function learn(rate: Rate, value: number, { memory }: RateLimits): void {
  // while little is known each window counts for as much as the others
  const weight = 1 / Math.min(memory, rate.learned + 1);
  const distance = value - rate.mean;
  rate.mean += weight * distance;
  rate.variance = (1 - weight) * (rate.variance + weight * distance * distance);
}

/** Many windows with nothing in them, in one step. */
function forget(rate: Rate, windows: number, { memory }: RateLimits): void {
  const kept = (1 - 1 / memory) ** windows;
  const { mean } = rate;
  rate.mean = mean * kept;
  rate.variance = kept * (rate.variance + (1 - kept) * mean * mean);
}
