export { kafkaLib, startKafka, type KafkaGround } from "./kafka.ts";
export { ANN, type KeycloakRealm, openKeycloakRealm, REALM_RESOURCE } from "./keycloak-realm.ts";
export { keycloakHome, startKeycloak, type KeycloakGround } from "./keycloak.ts";
export { noOwnPostgres, noPostgres, startPostgres, type TestPostgres } from "./postgres.ts";
export { noRedis, startRedis, type TestRedis, type TestRedisNode, type TestRedisOptions } from "./redis.ts";
export type { Gateway, GatewayOptions } from "./gateway.ts";
export { haproxyBinary, startHaproxy } from "./haproxy.ts";
export { nginxBinary, startNginx } from "./nginx.ts";
export { startToxiproxy, toxiproxyBinary, type FaultLink, type Toxiproxy } from "./toxiproxy.ts";
