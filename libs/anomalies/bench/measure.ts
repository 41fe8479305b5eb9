/**
 * Precision and recall of the detectors on made-up traffic with planted attacks. The same seed gives the same table on any machine, but for the speed.
 * `node --conditions=@grantline/source libs/anomalies/bench/measure.ts [seed=1] [people=300] [machines=24] [days=28] [each=25]`
 */
import { measure } from "./score.ts";

const [seed = 1, people = 300, machines = 24, days = 28, each = 25] = process.argv.slice(2).map(Number);
const { events, scores, observed, eventsASecond } = measure({ seed, people, machines, days, each });
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

console.log(
  `seed ${seed}: ${people} people, ${machines} machines, ${days} days (the first half for learning), ${events} events, ${each} attacks of each of 9 sorts\n`,
);
console.log("| kind | planted | noticed | recall | findings | not explained | precision | wrong a day |");
console.log("|---|---|---|---|---|---|---|---|");
for (const { kind, planted, noticed, findings, wrong, precision, recall } of scores)
  console.log(
    `| ${kind} | ${planted} | ${noticed} | ${percent(recall)} | ${findings} | ${wrong} | ${percent(precision)} | ${(wrong / (days / 2)).toFixed(2)} |`,
  );
console.log(`\nrecorded only (severity low): ${observed}; ${eventsASecond} events a second on this machine`);
