// A browser for the tests of the pages.
import { firstOf, installed } from "./debian.mjs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const bringChromium = () =>
  installed({ find: firstOf(PLACES), packages: ["chromium", "fonts-dejavu-core"], what: "Chromium for the browser tests" });
