import { at, DAY, MINUTE, START_AT, type Happening } from "./happening.ts";
import type { Dice } from "./random.ts";

export interface Person {
  readonly subject: string;
  readonly home: string;
  readonly office: string;
  readonly mobile: string;
  readonly browser: string;
  readonly phone: string;
  /** An agent on their own machine, or one in a cloud. */
  readonly client: { readonly clientId: string; readonly cloud: boolean; readonly agent: string };
}

export interface Machine {
  readonly clientId: string;
  /** Tokens a minute by day. */
  readonly mean: number;
  readonly batch?: { readonly every: number; readonly size: number };
}

export interface World {
  readonly people: readonly Person[];
  readonly machines: readonly Machine[];
  readonly days: number;
}

const CLOUD_ADDRESSES = 24;

export function createWorld(dice: Dice, { people, machines, days }: { people: number; machines: number; days: number }): World {
  return {
    days,
    people: Array.from({ length: people }, (_, index) => ({
      subject: `person-${index}`,
      home: `home-${index}`,
      office: `office-${index % 12}`,
      mobile: `mobile-${index}-${dice.between(0, 3)}`,
      browser: `browser-${index}`,
      phone: `phone-${index}`,
      client: { clientId: `agent-${index % 20}`, cloud: index % 3 === 0, agent: `agent-program-${index % 20}` },
    })),
    machines: Array.from({ length: machines }, (_, index) => ({
      clientId: `machine-${index}`,
      mean: 0.2 + dice.next() ** 3 * 12,
      ...(index % 8 === 0 ? { batch: { every: index % 16 === 0 ? DAY : 3_600, size: dice.between(80, 400) } } : {}),
    })),
  };
}

/** What goes on when nobody attacks, the mishaps of every day included. */
export function everyday(world: World, dice: Dice): readonly Happening[] {
  return [
    ...world.people.flatMap((person) => lifeOf(person, world, dice)),
    ...world.machines.flatMap((machine) => workOf(machine, world, dice)),
    ...mishaps(world, dice),
  ];
}

let grants = 0;

/** One authorization with the tokens that follow. */
export function authorization(
  person: Person,
  time: number,
  place: { network: string; agent: string },
  dice: Dice,
  refreshes = 4,
): readonly Happening[] {
  const { subject, client } = person;
  const of = { subject, clientId: client.clientId, grantId: `grant-${(grants += 1)}` };
  const machineAt = (): string => (client.cloud ? `cloud-${dice.between(0, CLOUD_ADDRESSES)}` : place.network);
  const later = Array.from({ length: dice.between(0, refreshes) }, (_, index) =>
    at(time + 20 + (index + 1) * 14 * MINUTE, "RefreshTokenRotated", {
      ...of,
      from: "client",
      // a laptop is carried home; the program stays the same
      network: client.cloud || !dice.chance(0.1) ? machineAt() : person.home,
      agent: client.agent,
    }),
  );
  return [
    at(time, "GrantAuthorized", { ...of, from: "person", ...place }),
    at(time + 5, "CodeRedeemed", { ...of, from: "client", network: machineAt(), agent: client.agent }),
    ...later,
  ];
}

function lifeOf(person: Person, { days }: World, dice: Dice): readonly Happening[] {
  return Array.from({ length: days }, (_, day) => day).flatMap((day) => {
    const journey = dice.chance(0.02) ? `hotel-${dice.between(0, 10_000)}` : undefined;
    const laptop = dice.chance(0.002) ? `browser-${dice.between(0, 10_000)}` : undefined;
    return Array.from({ length: dice.between(0, 3) }, () => {
      const time = START_AT + day * DAY + dice.between(7, 22) * 3_600 + dice.between(0, 3_599);
      const out = dice.chance(0.15);
      const network = journey ?? (out ? person.mobile : dice.chance(0.5) ? person.office : person.home);
      const first = authorization(person, time, { network, agent: laptop ?? (out ? person.phone : person.browser) }, dice);
      // at the kitchen table: laptop on one line, telephone on another, and the laptop again
      if (!dice.chance(0.001)) return first;
      const phone = { network: person.mobile, agent: person.phone };
      return [
        ...first,
        ...authorization(person, time + 120, phone, dice),
        ...authorization(person, time + 400, { network, agent: person.browser }, dice),
      ];
    }).flat();
  });
}

function workOf({ clientId, mean, batch }: Machine, { days }: World, dice: Dice): readonly Happening[] {
  const work: Happening[] = [];
  let restart = 0;
  for (let minute = 0; minute < days * 1_440; minute += 1) {
    const hour = Math.floor(minute / 60) % 24;
    const byDay = hour >= 7 && hour < 20 ? 1 : 0.3;
    // a deployment: every instance fetches its token at once, for a minute or two
    if (dice.chance(0.0002)) restart = dice.between(1, 2);
    const times = restart > 0 ? dice.between(2, 4) : 1;
    restart -= restart > 0 ? 1 : 0;
    const due = batch !== undefined && (minute * MINUTE) % batch.every === 0 ? Math.round(batch.size * (0.8 + dice.next() * 0.4)) : 0;
    const count = dice.howMany(mean * byDay * times) + due;
    for (let index = 0; index < count; index += 1)
      work.push(at(START_AT + minute * MINUTE + dice.between(0, 59), "AccessTokenIssued", { clientId }));
  }
  return work;
}

function mishaps({ days, people, machines }: World, dice: Dice): readonly Happening[] {
  const list: Happening[] = [];
  const end = days * DAY;
  const when = (): number => START_AT + dice.between(0, end - 1);
  const refused = (time: number, data: Happening["data"], more: Partial<Happening>) =>
    list.push(at(time, "RequestRefused", { data: { count: 1, ...data }, ...more }));
  for (let index = 0; index < days * 30; index += 1) list.push(at(when(), "ClientRegistered", { data: { how: "dcr" } }));
  // a workshop: a room full of people tries it out
  for (let index = 0; index < days / 3; index += 1) {
    const time = when();
    for (let one = 0; one < dice.between(8, 18); one += 1)
      list.push(at(time + dice.between(0, 580), "ClientRegistered", { data: { how: "dcr" } }));
  }
  const failed = (time: number, count: number, network: string) =>
    list.push(at(time, "ClientAuthenticationFailed", { data: { count, reason: "client-secret-wrong" }, network }));
  for (let index = 0; index < days * 200; index += 1) failed(when(), dice.between(1, 3), `stranger-${dice.between(0, 5_000)}`);
  // one that was set up wrongly and tries once a minute, for ever
  for (let minute = 0; minute < days * 1_440; minute += 1) failed(START_AT + minute * MINUTE, 1, "wrongly-set-up");
  // a wrong secret rolled out: some of these look like guessing, and a person should look
  for (let index = 0; index < days / 2; index += 1) failed(when(), dice.between(5, 45), `rollout-${index}`);
  for (let index = 0; index < days * 25; index += 1) {
    const time = when();
    const clientId = dice.pick(people).client.clientId;
    const reason = dice.pick(["scope-unknown", "resource-unknown", "access-denied"]);
    const subject = dice.pick(people).subject;
    for (let one = 0; one < dice.between(1, 3); one += 1) refused(time + one * 5, { reason, endpoint: "authorize" }, { clientId, subject });
  }
  // a client with a mistake in it, in a loop
  for (let index = 0; index < days; index += 1) {
    const time = when();
    const { clientId } = dice.pick(machines);
    for (let one = 0; one < dice.between(5, 30); one += 1)
      refused(time + one * 10, { reason: "scope-unknown", endpoint: "token" }, { clientId });
  }
  return list;
}
