import { join } from "node:path";
import { root } from "./ground.mjs";

// How the server's Node is started, here and in the benchmark. What is alive in its heap is some 60 MB, bounded by its caches; left alone V8 lets garbage pile
// up to several times that before it looks. NODE_OPTIONS with a --max-old-space-size of your own wins. No source maps: with them
// Node keeps the map of every module, 35 MB of a process for traces whose lines are the sources' but for their types; NODE_OPTIONS=--enable-source-maps has them.
const own = /--max-old-space-size/.test(process.env.NODE_OPTIONS ?? "");

export const serverFlags = ["--max-semi-space-size=16", ...(own ? [] : ["--max-old-space-size=256"])];

/** Compiled code is kept between starts. And glibc keeps an arena of freed memory per thread, eight a core; two are enough for one busy thread and a writer. */
export const serverEnvironment = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".grantline-compile-cache"),
  MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
};
