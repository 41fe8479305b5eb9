// A rebuild of all projections beside the running ones, in a process of its own so that it can be killed.
import { openPostgresEventStore } from "@grantline/event-store-postgres";
import { createProjector, projections } from "@grantline/read-model";
import { openRedis } from "@grantline/read-model-redis";
import { KEY_SPACE } from "./world.ts";

const store = await openPostgresEventStore({ url: process.env["FAULTS_POSTGRES_URL"] ?? "" });
const redis = await openRedis({ urls: [process.env["FAULTS_REDIS_URL"] ?? ""], keySpace: KEY_SPACE });
const say = (fields: object, message: string): void => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const projector = createProjector({
  store,
  readModel: redis.readModel,
  projections,
  active: false,
  log: { info: () => undefined, warn: say, error: say },
});
process.stdout.write("rebuilding\n");
await projector.rebuild();
await projector.stop();
await Promise.all([store.close(), redis.close()]);
