import { registrationOperations } from "@grantline/oauth/registration";

const failures = {
  "502": { description: "The directory behind the bridge refused; its operator has to act." },
  "503": {
    description:
      "The directory behind the bridge does not answer in time; nothing of the registration stays. Retry-After says when to try again.",
  },
};

type Operation = Readonly<Record<string, unknown>>;

/** The operations of RFC 7591 and RFC 7592 as the bridge has them. */
export const bridgeOperations = {
  register: ofBridge(registrationOperations.register, "bridgeRegister", "Register a client at the directory behind the bridge"),
  read: ofBridge(registrationOperations.read, "bridgeRegistrationRead", "Read a registration"),
  update: ofBridge(registrationOperations.update, "bridgeRegistrationUpdate", "Change a registration"),
  remove: ofBridge(registrationOperations.remove, "bridgeRegistrationDelete", "Remove a registration and its application"),
};

function ofBridge(operation: Operation, operationId: string, summary: string): Operation {
  return { ...operation, operationId, tags: ["bridge"], summary, responses: { ...(operation["responses"] as Operation), ...failures } };
}
