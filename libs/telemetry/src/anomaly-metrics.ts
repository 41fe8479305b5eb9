import { Counter, type Registry } from "prom-client";

export interface AnomalyMetrics {
  /** An anomaly was found, and what the policy wants done about it. */
  finding(kind: string, severity: string, response: string): void;
  /** Something was sent to a sink of alerts, or could not be. */
  alert(sink: string, outcome: "delivered" | "failed" | "dropped"): void;
}

/** What was found in the log, and who was told. */
export function anomalyMetrics(registry: Registry): AnomalyMetrics {
  const registers = [registry];
  const findings = new Counter({
    name: "grantline_anomalies_total",
    help: "Anomalies found, by the response the policy wants",
    labelNames: ["kind", "severity", "response"],
    registers,
  });
  const alerts = new Counter({ name: "grantline_alerts_total", help: "Alerts sent", labelNames: ["sink", "outcome"], registers });
  return {
    finding: (kind, severity, response) => findings.inc({ kind, severity, response }),
    alert: (sink, outcome) => alerts.inc({ sink, outcome }),
  };
}
