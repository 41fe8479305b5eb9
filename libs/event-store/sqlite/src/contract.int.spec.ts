import { runEventStoreContract } from "@grantline/event-store/contract";
import { exclusivePlace, sharedPlace } from "./fixtures/sqlite-place.ts";

runEventStoreContract("SQLite, one process", exclusivePlace);
runEventStoreContract("SQLite, shared through a socket", sharedPlace);
