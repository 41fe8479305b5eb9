import { isSecure } from "./differences.ts";
import { Findings, type Section } from "./findings.ts";

/** How a client that nobody registered gets in (mcp-auth.md 1.4). Nothing is registered by looking. */
export function checkRegistration(metadata: Readonly<Record<string, unknown>>): Section {
  const found = new Findings();
  const documents = metadata["client_id_metadata_document_supported"] === true;
  const endpoint = metadata["registration_endpoint"];
  if (documents) found.add("ok", "client-id-documents", "clients may be known by the URL of their metadata document");
  if (typeof endpoint === "string")
    found.expect(
      isSecure(endpoint),
      "dynamic-registration",
      "clients may register themselves (RFC 7591)",
      "error",
      `registration_endpoint is no https URL: ${endpoint}`,
    );
  if (!documents && endpoint === undefined)
    found.add(
      "warning",
      "registration",
      "neither metadata documents nor registration: each client needs an id made by hand, which many can't be given",
    );
  else if (!documents)
    found.add("info", "client-id-documents", "no metadata documents (CIMD), which the present specification prefers to registration");
  return { area: "registration", findings: found.all };
}
