/** Names of the Dockerfile's targets that are images, in its order. */
export function targetsOf(dockerfile) {
  return [...dockerfile.matchAll(/^FROM runtime AS (\S+)$/gm)].map(([, name]) => name);
}
