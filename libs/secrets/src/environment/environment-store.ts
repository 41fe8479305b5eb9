import { SecretStoreReadOnly } from "../errors.ts";
import type { Secret, SecretStore } from "../port.ts";
import { fromVariableName, secretName, variableName, type SecretName } from "../secret-name.ts";
import { fromText } from "../text-record.ts";

const STORE = "environment";

/**
 * Secrets given to the process: `oauth/github/my-server/access-token` is `OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN`. Read-only: writing to the own
 * environment would reach no other process and every child.
 */
export function environmentStore(env: Readonly<Record<string, string | undefined>>): SecretStore {
  const find = (name: SecretName): Secret | undefined => {
    const found = fromText(env[variableName(name)] ?? "", STORE);
    return found === undefined ? undefined : { ...found, store: STORE };
  };
  const readOnly = async (name: string): Promise<never> => {
    secretName(name);
    throw new SecretStoreReadOnly(STORE, "variables of a running process can't be written");
  };
  return {
    name: STORE,
    writable: false,
    get: async (name) => find(secretName(name)),
    set: readOnly,
    delete: readOnly,
    list: async () =>
      Object.keys(env)
        .map(fromVariableName)
        .filter((name) => name !== undefined)
        .sort()
        .flatMap((name) => {
          const found = find(name);
          if (found === undefined) return [];
          const { value: _value, ...known } = found;
          return [{ name, ...known }];
        }),
    health: async () => [{ store: STORE, status: "ready", writable: false }],
    close: async () => undefined,
  };
}

/** An environment for a child process: without secrets and settings of ours. */
export function withoutSecrets(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(oauth__|grantline_|azure_)/i.test(name)));
}
