/** What is counted of the gateway. */
export interface GatewayMetrics {
  gatewayCall(server: string, outcome: string): void;
  upstreamAnswered(server: string, seconds: number): void;
  gatewayStreams(more: number): void;
  gatewayCircuit(server: string, open: boolean): void;
}
