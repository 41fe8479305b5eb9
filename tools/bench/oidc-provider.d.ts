// The peer ships no types; this is the little of it that the benchmark touches.
declare module "oidc-provider" {
  import type { Server } from "node:http";

  interface Model {
    new (properties: Record<string, unknown>): {
      save(): Promise<string>;
      addOIDCScope(scope: string): void;
      addResourceScope(resource: string, scope: string): void;
    };
  }
  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    readonly Client: { find(id: string): Promise<unknown> };
    readonly Grant: Model;
    readonly RefreshToken: Model;
    listen(port: number, host: string, callback: () => void): Server;
  }
}
