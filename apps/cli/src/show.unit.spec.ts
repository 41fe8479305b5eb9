import { describe, expect, it } from "vitest";
import { CommandFailed, explain } from "./failure.ts";
import { members, printable, table } from "./show.ts";

/** Clears the screen; the same in one character; sets the title of the window; goes back to the line's beginning. */
const STEERING = ["\u001b[2J", "\u009b2J", "\u001b]0;pwned\u0007", "\r", "\b"];

describe("what servers and strangers wrote", () => {
  it("can't steer the terminal it is shown in", () => {
    for (const steering of STEERING) {
      const name = `Agent${steering}`;
      const shown = [
        table([["name"], [name]], {}),
        members({ name, list: [name] }),
        ...explain(new CommandFailed(`the server said ${name}`, 1)),
      ];
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      for (const text of shown) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });

  it("makes no line of its own in a table, and is else as it was", () => {
    expect(table([["name"], ["a\nroot"]], {})).toBe("name\na?root\n");
    expect(printable("Zoë, naïve 名\n")).toBe("Zoë, naïve 名\n");
  });
});
