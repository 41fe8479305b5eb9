import { describe, expect, it } from "vitest";
import { ownArguments, pluginMetadata } from "./docker-plugin.ts";

describe("a Docker CLI plugin", () => {
  it("says who it is in the one JSON object Docker reads", () => {
    expect(JSON.parse(pluginMetadata("1.2.3"))).toMatchObject({ SchemaVersion: "0.1.0", Vendor: "Grantline", Version: "1.2.3" });
  });

  it("takes the arguments after its name, whatever of Docker's own comes before", () => {
    for (const name of ["grantline", "mcp-grantline"]) {
      const program = `/root/.docker/cli-plugins/docker-${name}`;
      expect(ownArguments(program, [name, "oauth", "ls"])).toEqual(["oauth", "ls"]);
      expect(ownArguments(program, ["--context", "default", name, "doctor", name])).toEqual(["doctor", name]);
      expect(ownArguments(`${program}.exe`, [name])).toEqual([]);
      expect(ownArguments(program, ["--version"])).toEqual(["--version"]);
    }
  });

  it("is the plain command line under any other name", () => {
    expect(ownArguments("/usr/bin/grantline", ["grantline", "x"])).toEqual(["grantline", "x"]);
  });
});
