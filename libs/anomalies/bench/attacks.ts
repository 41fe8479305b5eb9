import { authorization, type World } from "./everyday.ts";
import { at, DAY, MINUTE, START_AT, type Happening, type Planted } from "./happening.ts";
import type { Dice } from "./random.ts";

/** So many attacks of each kind, from blunt to careful, after the first half of the time, which is for learning. The careful ones are meant to be hard: a recall of 1 would mean that they were too easy. */
export function attacks(world: World, dice: Dice, each: number): readonly Planted[] {
  const makers = [refreshReuse, codeReplay, strangerAtTheBrowser, movedGrant, twoPlaces, burst, registrations, guessing, probing];
  return makers.flatMap((make) =>
    Array.from({ length: each }, (_, index) =>
      make(world, dice, learnedAt(world) + dice.between(0, (world.days / 2) * DAY - 7_200), index),
    ),
  );
}

/** From here on there are attacks, and findings are counted. */
export function learnedAt({ days }: Pick<World, "days">): number {
  return START_AT + (days / 2) * DAY;
}

type Maker = (world: World, dice: Dice, time: number, index: number) => Planted;

const refreshReuse: Maker = (world, dice, time) => theft("refresh-reuse", "RefreshReuseDetected", world, dice, time);
const codeReplay: Maker = (world, dice, time) => theft("code-replay", "CodeReplayDetected", world, dice, time);

function theft(kind: "refresh-reuse" | "code-replay", type: string, world: World, dice: Dice, time: number): Planted {
  const { subject, client } = dice.pick(world.people);
  const happenings = [at(time, type, { subject, clientId: client.clientId, grantId: `stolen-${kind}-${time}`, from: "client" })];
  return { kind, from: time, until: time, subject, happenings };
}

/** A stolen session: somebody else's browser on somebody else's line; one in four has the same kind of browser. */
const strangerAtTheBrowser: Maker = (world, dice, time, index) => {
  const person = dice.pick(world.people);
  const agent = index % 4 === 0 ? person.browser : `thief-browser-${index}`;
  const happenings = authorization(person, time, { network: `thief-${index}`, agent }, dice, 0);
  return { kind: "new-place", from: time, until: time + 60, subject: person.subject, happenings };
};

/** A refresh token taken along: one in four thieves says it is the program it was taken from. */
const movedGrant: Maker = (world, dice, time, index) => {
  const person = dice.pick(world.people);
  const grant = authorization(person, time, { network: person.home, agent: person.browser }, dice, 0);
  const [{ grantId }] = grant as readonly [Happening];
  const agent = index % 4 === 0 ? person.client.agent : "curl";
  const of = { subject: person.subject, clientId: person.client.clientId, grantId: grantId as string };
  const taken = at(time + 900, "RefreshTokenRotated", { ...of, from: "client", network: `thief-${index}`, agent });
  return { kind: "new-place", from: time, until: time + 900, subject: person.subject, happenings: [...grant, taken] };
};

/** The person goes on working while the thief does: in two places within minutes; one in four times the person's next step comes too late to tell. */
const twoPlaces: Maker = (world, dice, time, index) => {
  const person = dice.pick(world.people);
  const here = { network: person.home, agent: person.browser };
  const back = index % 4 === 0 ? 1_200 : dice.between(200, 550);
  const happenings = [
    ...authorization(person, time, here, dice, 0),
    ...authorization(person, time + dice.between(30, 150), { network: `elsewhere-${index}`, agent: person.browser }, dice, 0),
    ...authorization(person, time + back, here, dice, 0),
  ];
  return { kind: "movement", from: time, until: time + back, subject: person.subject, happenings };
};

/** A stolen client secret, used 3 to 25 times as hard as its owner does, for five minutes. */
const burst: Maker = (world, dice, time) => {
  const { clientId, mean } = dice.pick(world.machines);
  const aMinute = Math.max(40, mean * dice.between(3, 25));
  const happenings = Array.from({ length: 5 }, (_, minute) =>
    Array.from({ length: dice.howMany(Math.min(aMinute, 600)) }, () =>
      at(time + minute * MINUTE + dice.between(0, 59), "AccessTokenIssued", { clientId }),
    ),
  ).flat();
  return { kind: "burst", from: time, until: time + 5 * MINUTE, clientId, happenings };
};

const registrations: Maker = (_world, dice, time) => {
  const count = dice.between(15, 300);
  const happenings = Array.from({ length: count }, () => at(time + dice.between(0, 599), "ClientRegistered", { data: { how: "dcr" } }));
  return { kind: "registration-flood", from: time, until: time + 600, happenings };
};

/** One guesser, a careful one, or a thousand machines with a guess each. */
const guessing: Maker = (_world, dice, time, index) => {
  const failure = (network: string, count: number, seconds: number) =>
    at(time + dice.between(0, seconds), "ClientAuthenticationFailed", { data: { count, reason: "client-secret-wrong" }, network });
  const happenings =
    index % 3 === 0
      ? Array.from({ length: dice.between(200, 600) }, (_, one) => failure(`bot-${index}-${one}`, 1, 280))
      : Array.from({ length: 5 }, () => failure(`guesser-${index}`, dice.between(4, 60), 280));
  return { kind: "client-authentication-failures", from: time, until: time + 300, happenings };
};

const TRIED = ["scope-unknown", "scope-not-allowed", "resource-unknown", "resource-not-allowed", "policy-denied", "bearer-scope"];

const probing: Maker = (world, dice, time, index) => {
  const clientId = index % 2 === 0 ? dice.pick(world.people).client.clientId : dice.pick(world.machines).clientId;
  const different = dice.between(3, 6);
  const happenings = Array.from({ length: dice.between(8, 40) }, (_, one) =>
    at(time + dice.between(0, 500), "RequestRefused", {
      clientId,
      data: { reason: TRIED[one % different], endpoint: "authorize", count: 1 },
    }),
  );
  return { kind: "scope-probing", from: time, until: time + 600, clientId, happenings };
};
