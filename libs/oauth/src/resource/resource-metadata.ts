/** Where a resource's metadata is (RFC 9728 §3.1): the well-known path goes between host and path. */
export function resourceMetadataUrl(resource: string): string {
  const { origin, pathname, search } = new URL(resource);
  return `${origin}/.well-known/oauth-protected-resource${pathname === "/" ? "" : pathname}${search}`;
}
