import { Module, type DynamicModule } from "@nestjs/common";
import { EndpointsModule, type RimOptions } from "@grantline/http";
import type { Endpoint } from "@grantline/oauth/http";

/** What a process serves, whichever endpoints those are. */
@Module({})
// oxlint-disable-next-line typescript/no-extraneous-class -- what Nest calls a module is a class
export class ServiceModule {
  static forRoot(endpoints: readonly Endpoint[], rim: RimOptions): DynamicModule {
    return { module: ServiceModule, imports: [EndpointsModule.forRoot(endpoints, rim)] };
  }
}
