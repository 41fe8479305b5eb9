import { z } from "zod";
import { AREA_TITLES, allSettings, settingsSchema } from "./schema.ts";
import type { Setting } from "./setting.ts";

const INTRODUCTION = `# Configuration reference

Generated from the schema in \`libs/config\` by \`tools/docs/configuration.ts\`; do not edit.

Settings come from the environment, from one file (YAML or JSON) and from defaults, in this order: the environment wins.
The file is the one \`GRANTLINE_CONFIG\` names, else \`./grantline.yaml\` if it exists; its keys are the ones in the second column,
nested at the dots. Everything is checked at start: a wrong value, an unknown \`GRANTLINE_*\` variable or an unknown key in the file
ends the start with one line that names the key, what was found and what is allowed.

- A variable that is set but empty counts as not set, except for lists, where it is the empty list.
- Secrets (marked 🔒) can be kept out of the environment: \`<NAME>_FILE\` names a file that holds the value.
- Lengths of time are seconds, or a number with a unit: \`90\`, \`15m\`, \`12h\`, \`30d\`.
- \`NODE_ENV=production\` turns on the rules for production: an https issuer, a key-encryption key, no development users.

\`\`\`yaml
# grantline.yaml
server:
  issuer: https://auth.example.com
  trustedProxies: [10.0.0.0/8]
people:
  operators: [ada]
tokens:
  service: { accessToken: 5m }
resources:
  default: https://mcp.example.com/
  declared:
    - uri: https://mcp.example.com/
      name: Example tools
      scopes:
        - { name: "tools:read", description: Read your tools, default: true }
        - { name: "tools:write", description: Change your tools }
      policy:
        rules:
          - { subjects: { groups: [staff] }, entities: [human, agent], verification: [operator, cimd, dcr], scopes: ["*"] }
\`\`\`
`;

/** The reference of all settings as Markdown, a table an area. */
export function configReference(): string {
  const areas = Object.keys(settingsSchema.shape) as (keyof typeof AREA_TITLES)[];
  const sections = areas.map((area) =>
    section(
      AREA_TITLES[area],
      allSettings.filter((one) => one.path[0] === area),
    ),
  );
  return `${[INTRODUCTION, ...sections].join("\n")}`;
}

function section(title: string, settings: readonly Setting[]): string {
  const rows = settings.map(
    (one) => `| ${[variable(one), `\`${one.path.join(".")}\``, one.allowed, defaultOf(one), one.doc].map(cell).join(" | ")} |`,
  );
  return [
    `## ${title}`,
    "",
    "| variable | key in the file | allowed | default | what it does |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function variable(setting: Setting): string {
  return setting.secret === true ? `\`${setting.env}\` 🔒` : `\`${setting.env}\``;
}

function defaultOf(setting: Setting): string {
  if (setting.defaultText !== undefined) return setting.defaultText;
  const value = setting.schema instanceof z.ZodOptional ? undefined : setting.schema.parse(undefined);
  if (Array.isArray(value)) return value.length === 0 ? "none" : `\`${value.join(",")}\``;
  return value === undefined ? "none" : `\`${String(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
