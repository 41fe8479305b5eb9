/*
 * What the conformance suite starts for each scenario: `node conformance-command.ts <control> <server>`. It has the test, which holds Grantline, its
 * gateway and the person, be the client, and ends as that went.
 */
const [control = "", url = ""] = process.argv.slice(2);
const {
  MCP_CONFORMANCE_SCENARIO: scenario,
  MCP_CONFORMANCE_PROTOCOL_VERSION: revision,
  MCP_CONFORMANCE_CONTEXT: context = "{}",
} = process.env;

const response = await fetch(control, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ url, scenario, revision, context: JSON.parse(context) as unknown }),
});
process.stdout.write(`${await response.text()}\n`);
process.exitCode = response.ok ? 0 : 1;
