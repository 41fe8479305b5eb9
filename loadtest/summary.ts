/** The part of k6's end-of-test data that we show. */
interface Data {
  readonly state: { readonly testRunDurationMs: number };
  readonly metrics: Readonly<Record<string, Metric | undefined>>;
}

interface Metric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

const JOBS = ["token", "refresh", "introspect", "revoke", "register"];

/** One page without script or foreign resources, and the same as text. */
export function html(data: Data, title: string): { readonly html: string; readonly text: string } {
  const seconds = data.state.testRunDurationMs / 1000;
  const rows = JOBS.flatMap((job) => {
    const duration = data.metrics[`http_req_duration{name:${job}}`];
    const count = data.metrics[`http_reqs{name:${job}}`]?.values["count"] ?? 0;
    if (duration === undefined || count === 0) return [];
    const { med = 0, "p(90)": p90 = 0, "p(99)": p99 = 0, max = 0 } = duration.values;
    return [[job, String(count), (count / seconds).toFixed(0), med.toFixed(1), p90.toFixed(1), p99.toFixed(1), max.toFixed(1)]];
  });
  const judged = Object.entries(data.metrics).flatMap(([name, metric]) =>
    Object.entries(metric?.thresholds ?? {})
      .filter(([rule]) => rule !== "count>=0")
      .map(([rule, { ok }]) => ({ name, rule, ok })),
  );
  const head = ["job", "requests", "per second", "median ms", "p90 ms", "p99 ms", "max ms"];
  const missed = judged.filter(({ ok }) => !ok);
  const verdict = missed.length === 0 ? "every objective was met" : `${missed.length} objective(s) missed`;
  const lines = [
    `${title}: ${seconds.toFixed(0)} s, ${verdict}`,
    ...[head, ...rows].map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(11))).join("")),
    ...missed.map(({ name, rule }) => `MISSED  ${name}  ${rule}`),
  ];
  return { html: page(title, verdict, head, rows, judged), text: `${lines.join("\n")}\n` };
}

type Judged = readonly { readonly name: string; readonly rule: string; readonly ok: boolean }[];

function page(title: string, verdict: string, head: readonly string[], rows: readonly (readonly string[])[], judged: Judged): string {
  const cells = (tag: string, row: readonly string[]) => `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Load test: ${escaped(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}
td,th{border-bottom:1px solid #ccc;padding:.3rem .8rem;text-align:right}td:first-child,th:first-child{text-align:left}.missed{color:#a00;font-weight:bold}</style></head>
<body><h1>Load test: ${escaped(title)}</h1><p>${escaped(verdict)}</p>
<table><thead>${cells("th", head)}</thead><tbody>${rows.map((row) => cells("td", row)).join("")}</tbody></table>
<h2>Objectives</h2><table><tbody>${judged
    .map(
      ({ name, rule, ok }) =>
        `<tr class="${ok ? "met" : "missed"}"><td>${escaped(name)}</td><td>${escaped(rule)}</td><td>${ok ? "met" : "missed"}</td></tr>`,
    )
    .join("")}</tbody></table></body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
