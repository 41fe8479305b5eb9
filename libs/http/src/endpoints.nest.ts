import { Inject, Module, type DynamicModule, type OnModuleInit } from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import type { FastifyInstance } from "fastify";
import type { Endpoint } from "@grantline/oauth/http";
import { mountEndpoints, type RimOptions } from "./mount.ts";

const ENDPOINTS = Symbol("endpoints");
const RIM = Symbol("rim");

/** Nest's side of the rim: takes the endpoints the app wired and mounts them when the module starts. */
@Module({})
export class EndpointsModule implements OnModuleInit {
  readonly #host: HttpAdapterHost;
  readonly #endpoints: readonly Endpoint[];
  readonly #rim: RimOptions;

  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(ENDPOINTS) endpoints: readonly Endpoint[],
    @Inject(RIM) rim: RimOptions,
  ) {
    this.#host = host;
    this.#endpoints = endpoints;
    this.#rim = rim;
  }

  static forRoot(endpoints: readonly Endpoint[], rim: RimOptions): DynamicModule {
    return {
      module: EndpointsModule,
      providers: [
        { provide: ENDPOINTS, useValue: endpoints },
        { provide: RIM, useValue: rim },
      ],
    };
  }

  onModuleInit(): void {
    mountEndpoints(this.#host.httpAdapter.getInstance<FastifyInstance>(), this.#endpoints, this.#rim);
  }
}
