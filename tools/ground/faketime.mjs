// libfaketime, which moves the clock of one process in the fault matrix.
import { firstOf, installed } from "./debian.mjs";

const PLACES = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`);

export const bringFaketime = () => installed({ find: firstOf(PLACES), packages: ["faketime"], what: "faketime for the clock faults" });
