import { setTimeout as sleep } from "node:timers/promises";
import { obtainCode, type Registered } from "@grantline/testing";
import { History } from "@grantline/testing/history";
import { basicOf, type Instance, type Reply } from "./instance.ts";
import { RecordedClient } from "./recorded-client.ts";
import { grantOf } from "./tokens.ts";
import { CALLBACK, JWT, OPAQUE, type World } from "./world.ts";

type Resource = typeof JWT | typeof OPAQUE;

/** An access token that was answered, to be looked at again at the end. */
export interface Known {
  readonly key: string;
  readonly token: string;
  readonly resource: Resource;
}

const ROUNDS = 4;
const PAUSE_MS = 40;

/** Grants and tokens that live their whole lives in parallel, whatever happens to the instances meanwhile; each step asks any of them. */
export class Lives {
  readonly history = new History();
  readonly known: Known[] = [];
  readonly #world: World;
  #turn = 0;
  #clients = 0;

  constructor(world: World) {
    this.#world = world;
  }

  #any(): Instance {
    return this.#world.instance(this.#turn++);
  }

  #client(): RecordedClient {
    return new RecordedClient(this.history, this.#clients++);
  }

  /** The life of one grant: a code, rotations by copies of a program that share a file, an end; kinds take turns. */
  async grant(kind: number): Promise<void> {
    const resource = kind % 2 === 0 ? OPAQUE : JWT;
    const strict = kind % 3 === 1;
    const app = strict ? this.#world.strict : this.#world.app;
    const { code, verifier } = await this.#code(app, resource);
    const grant = grantOf(code);
    const form = { code, code_verifier: verifier, redirect_uri: CALLBACK, client_id: app.client_id };
    const racers = kind % 4 === 0 ? 3 : 1;
    const redeemed = await Promise.all(Array.from({ length: racers }, () => this.#client().redeem(this.#any(), grant, form)));
    // a client whose answer was lost asks again: that may be the first redemption, or a replay
    const answers = redeemed.some((reply) => reply === undefined || reply.status >= 500)
      ? [...redeemed, await this.#client().redeem(this.#any(), grant, form)]
      : redeemed;
    const first = won(answers);
    if (first === undefined) return;
    this.#learn(grant, resource, first);
    const last = await this.#rotations(grant, resource, app, strict ? "closed" : "open", first);
    if (last !== undefined) await this.#end(grant, resource, app, last, kind);
  }

  async #rotations(
    grant: string,
    resource: Resource,
    app: Registered,
    window: "open" | "closed",
    first: Reply,
  ): Promise<Reply | undefined> {
    let current = first;
    for (let round = 0; round < ROUNDS; round++) {
      const copies = window === "open" ? 3 : 1;
      const token = String(current.body["refresh_token"]);
      const looks = this.#look(`grant:${grant}`, String(current.body["access_token"]), resource, 2);
      const replies = await Promise.all(
        Array.from({ length: copies }, () => this.#client().refresh(this.#any(), grant, token, app.client_id, window)),
      );
      await looks;
      const next = won(replies);
      if (next !== undefined) {
        current = next;
        this.#learn(grant, resource, next);
      } else if (replies.some((reply) => reply?.status === 400)) return undefined;
      await sleep(PAUSE_MS);
    }
    return current;
  }

  /** Ends by a revocation of the refresh token, of the access token alone, or not at all; validators ask before, meanwhile and after. */
  async #end(grant: string, resource: Resource, app: Registered, { body }: Reply, kind: number): Promise<void> {
    const [key, token] = [`grant:${grant}`, String(body["access_token"])];
    if (kind % 5 === 4) return;
    const revoked = kind % 2 === 0 ? String(body["refresh_token"]) : token;
    await this.#revoked(key, token, resource, () => this.#client().revoke(this.#any(), key, revoked, { client_id: app.client_id }));
    if (kind % 2 === 0) await this.#client().refresh(this.#any(), grant, revoked, app.client_id, "open");
  }

  /** The life of a machine's token. */
  async token(kind: number): Promise<void> {
    const resource = kind % 2 === 0 ? OPAQUE : JWT;
    const form = { grant_type: "client_credentials", scope: "read", resource };
    const reply = await this.#any()
      .token(form, basicOf(this.#world.machine))
      .catch(() => undefined); // the instance is away: nothing was acknowledged
    if (reply?.status !== 200) return;
    const token = String(reply.body["access_token"]);
    const key = `token:${this.#clients++}`;
    this.known.push({ key, token, resource });
    await this.#look(key, token, resource, 2);
    if (kind % 3 === 2) return;
    await this.#revoked(key, token, resource, () => this.#client().revoke(this.#any(), key, token, {}, basicOf(this.#world.machine)));
  }

  async #revoked(key: string, token: string, resource: Resource, revoke: () => Promise<Reply | undefined>): Promise<void> {
    const looks = this.#look(key, token, resource, 3);
    await revoke();
    await Promise.all([looks, this.#look(key, token, resource, 3)]);
  }

  async #look(key: string, token: string, resource: Resource, times: number): Promise<void> {
    const rs = this.#world.rs[resource];
    await Promise.all(Array.from({ length: times }, () => this.#client().validate(this.#any(), key, token, rs)));
  }

  /** Everything that was ever answered, asked at every instance. */
  async lookAtAll(): Promise<void> {
    for (const { key, token, resource } of this.known)
      await Promise.all(this.#world.instances.map((at) => this.#client().validate(at, key, token, this.#world.rs[resource])));
  }

  #learn(grant: string, resource: Resource, { body }: Reply): void {
    this.known.push({ key: `grant:${grant}`, token: String(body["access_token"]), resource });
  }

  /** Through the front, as a person does; again from the start when an instance died under it. */
  async #code(client: Registered, resource: Resource): ReturnType<typeof obtainCode> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await obtainCode(this.#world.person(), { issuer: this.#world.issuer, client, scope: "read", resource });
      } catch (error) {
        if (attempt === 20) throw error;
        await sleep(100);
      }
    }
  }
}

const won = (replies: readonly (Reply | undefined)[]): Reply | undefined => replies.find((reply) => reply?.status === 200);
