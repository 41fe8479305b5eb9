// `npm run setup`: dependencies and a build, nothing else.
import { ensureBuild, ensureDependencies, nodeBinary, say } from "./ground.mjs";

ensureDependencies();
ensureBuild(nodeBinary());
say("ready.");
