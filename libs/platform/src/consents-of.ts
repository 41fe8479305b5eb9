import type { OAuthContext } from "@grantline/oauth/context";
import { consentsTable, type Projector, type ReadModel } from "@grantline/read-model";

/** The consents of one person, as their own page shows them: read after the projection has caught up, so that a withdrawal is seen at once. */
export function consentsOf(readModel: ReadModel, projector: Projector): NonNullable<OAuthContext["listConsents"]> {
  return async (subject) => {
    const page = await projector.fresh(() => readModel.list(consentsTable, { where: { subject }, limit: 1000 }));
    return page.rows.map((row) => row.value as never);
  };
}
