import { Module, type DynamicModule } from "@nestjs/common";
import { EndpointsModule, type RimOptions } from "@grantline/http";
import type { Endpoint } from "@grantline/oauth/http";

/** The all-in-one server: every service's endpoints in one process. */
@Module({})
export class AppModule {
  static forRoot(endpoints: readonly Endpoint[], rim: RimOptions): DynamicModule {
    return { module: AppModule, imports: [EndpointsModule.forRoot(endpoints, rim)] };
  }
}
