import type { ServiceName } from "@grantline/testing/distributed";
import type { FaultLink, Toxiproxy } from "@grantline/testing/ground";

export type EngineName = "postgres" | "redis" | "kafka";

/** Which connections a fault is for; what is left out means all. */
export interface LinkChoice {
  readonly engine?: EngineName;
  readonly service?: ServiceName;
  readonly instance?: number;
}

/** Every instance reaches every engine by a link of its own; Kafka, which tells its clients its address itself, by one for all. */
export interface Links {
  chosen(choice: LinkChoice): readonly FaultLink[];
  port(engine: EngineName, service: ServiceName, instance: number): number;
  /** All links of an engine lead to this port from now on. */
  lead(engine: EngineName, port: number): Promise<void>;
  healAll(): Promise<void>;
}

interface Entry {
  readonly engine: EngineName;
  readonly service?: ServiceName;
  readonly instance?: number;
  readonly link: FaultLink;
}

export interface LinksOptions {
  readonly proxy: Toxiproxy;
  readonly instances: Readonly<Partial<Record<ServiceName, number>>>;
  readonly ports: { readonly postgres: number; readonly redis: number };
  readonly kafka?: FaultLink;
}

export async function openLinks({ proxy, instances, ports, kafka }: LinksOptions): Promise<Links> {
  const entries: Entry[] = kafka === undefined ? [] : [{ engine: "kafka", link: kafka }];
  for (const [service, count] of Object.entries(instances) as [ServiceName, number][])
    for (let instance = 0; instance < count; instance++)
      for (const engine of ["postgres", "redis"] as const)
        entries.push({ engine, service, instance, link: await proxy.link(`${engine}-${service}-${instance}`, ports[engine]) });
  const chosen = (choice: LinkChoice): readonly FaultLink[] => entries.filter((entry) => fits(entry, choice)).map(({ link }) => link);
  return {
    chosen,
    port: (engine, service, instance) => (chosen({ engine, service, instance })[0] as FaultLink).port,
    async lead(engine, port) {
      await Promise.all(chosen({ engine }).map((link) => link.leadTo(port)));
    },
    async healAll() {
      await Promise.all(entries.map(({ link }) => link.heal()));
    },
  };
}

function fits(entry: Entry, { engine, service, instance }: LinkChoice): boolean {
  return (
    (engine === undefined || entry.engine === engine) &&
    (service === undefined || entry.service === service) &&
    (instance === undefined || entry.instance === instance)
  );
}
