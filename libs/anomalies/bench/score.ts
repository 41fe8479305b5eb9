import type { AnomalyKind } from "@grantline/domain/finding";
import type { Found } from "../src/detector.ts";
import { createEngine } from "../src/engine.ts";
import { attacks, learnedAt } from "./attacks.ts";
import { createWorld, everyday } from "./everyday.ts";
import type { Planted } from "./happening.ts";
import { createDice } from "./random.ts";

export interface Size {
  readonly seed: number;
  readonly people: number;
  readonly machines: number;
  readonly days: number;
  /** Attacks of each sort. */
  readonly each: number;
}

export interface Score {
  readonly kind: AnomalyKind;
  readonly planted: number;
  readonly noticed: number;
  readonly findings: number;
  /** Findings, after the time of learning, that no planted attack explains. */
  readonly wrong: number;
  readonly precision: number;
  readonly recall: number;
}

export interface Measured {
  readonly events: number;
  readonly days: number;
  readonly scores: readonly Score[];
  /** Findings of severity low after the time of learning: recorded, nobody is told. */
  readonly observed: number;
  readonly eventsASecond: number;
}

/** An attack may be noticed a little after its end, when its last window is full. */
const AFTERWARDS = 600;

/** Runs the detectors over made-up traffic with attacks in it, and compares what they say with what was planted. */
export function measure({ seed, people, machines, days, each }: Size): Measured {
  const dice = createDice(seed);
  const world = createWorld(dice, { people, machines, days });
  const planted = attacks(world, dice, each);
  const happenings = [...everyday(world, dice), ...planted.flatMap((attack) => attack.happenings)].sort((one, other) => one.at - other.at);
  const seen = happenings.map((happening, index) => ({ ...happening, position: String(index + 1), id: `event-${index + 1}` }));
  const engine = createEngine();
  const startedMs = performance.now();
  const found = seen.flatMap((each) => engine.observe(each));
  const seconds = (performance.now() - startedMs) / 1_000;
  const told = found.filter(({ severity, until }) => severity !== "low" && until >= learnedAt(world));
  const kinds = [...new Set(planted.map(({ kind }) => kind))];
  return {
    events: seen.length,
    days,
    scores: kinds.map((kind) => score(kind, planted, told)),
    observed: found.filter(({ severity, until }) => severity === "low" && until >= learnedAt(world)).length,
    eventsASecond: Math.round(seen.length / seconds),
  };
}

function score(kind: AnomalyKind, planted: readonly Planted[], told: readonly Found[]): Score {
  const attacked = planted.filter((attack) => attack.kind === kind);
  const findings = told.filter((finding) => finding.kind === kind);
  const noticed = attacked.filter((attack) => findings.some((finding) => explains(attack, finding))).length;
  const wrong = findings.filter((finding) => !attacked.some((attack) => explains(attack, finding))).length;
  return {
    kind,
    planted: attacked.length,
    noticed,
    findings: findings.length,
    wrong,
    precision: findings.length === 0 ? 1 : (findings.length - wrong) / findings.length,
    recall: noticed / attacked.length,
  };
}

function explains({ from, until, subject, clientId }: Planted, finding: Found): boolean {
  return (
    finding.until >= from &&
    finding.until <= until + AFTERWARDS &&
    (subject === undefined || finding.target.subject === subject) &&
    (clientId === undefined || finding.target.clientId === clientId)
  );
}
