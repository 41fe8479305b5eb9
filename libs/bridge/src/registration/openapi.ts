import { registrationOperations } from "@grantline/oauth/registration";

type Operation = Readonly<Record<string, unknown>>;

const refused = { "502": { description: "The directory behind the bridge refused; its operator has to act." } };
const away = {
  "503": {
    description:
      "The directory behind the bridge does not answer in time; nothing of the registration stays. Retry-After says when to try again.",
  },
};
const updated = {
  ...registrationOperations.update.responses["200"],
  description: "As registered now; the registration access token stays the same.",
};

/** The operations of RFC 7591 and RFC 7592 as the bridge has them. */
export const bridgeOperations = {
  register: ofBridge(registrationOperations.register, "bridgeRegister", "Register a client at the directory behind the bridge", {
    ...refused,
    ...away,
  }),
  read: ofBridge(registrationOperations.read, "bridgeRegistrationRead", "Read a registration"),
  // where the directory is away the change is kept and made there later
  update: ofBridge(registrationOperations.update, "bridgeRegistrationUpdate", "Change a registration", { "200": updated, ...refused }),
  remove: ofBridge(registrationOperations.remove, "bridgeRegistrationDelete", "Remove a registration and its application"),
};

function ofBridge(operation: Operation, operationId: string, summary: string, own: Operation = {}): Operation {
  const { "403": _suspended, ...responses } = operation["responses"] as Operation;
  return { ...operation, operationId, tags: ["bridge"], summary, responses: { ...responses, ...own } };
}
