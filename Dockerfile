# Every service from one file: docker build --target token-service -t grantline/token-service .
# BASE must have Node 24. Where no registry can be reached: npm run images -- --base-from-host (docs/how-to/run-distributed.md).
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY . .
# Production's tree into /app. From the repository: installs and compiles, which needs npm and its registry. From a context of `npm run images`: it is there already.
RUN ["node", "tools/images/prepare.mjs", "/app", "/data"]

FROM ${BASE} AS runtime
ENV NODE_ENV=production GRANTLINE_HOST=0.0.0.0 MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=build /app /app
# A number, since the base need not know any user. Nothing of the image belongs to it, and the root filesystem may be mounted read-only.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GRANTLINE_PORT ?? 8080}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=16", "--max-old-space-size=256"]

FROM runtime AS cli
HEALTHCHECK NONE
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/apps/cli/dist/main.js"]

FROM runtime AS client-registry
CMD ["/app/apps/client-registry/dist/main.js"]

FROM runtime AS dcr-bridge
ENV GRANTLINE_DATA_DIR=/data
# Secrets of others, where no vault is; one volume for all that need them. It takes its owner from here
COPY --from=build --chown=65532:65532 /data /data
VOLUME /data
CMD ["/app/apps/dcr-bridge/dist/main.js"]

FROM runtime AS mcp-gateway
ENV GRANTLINE_DATA_DIR=/data
# Secrets of others, where no vault is; one volume for all that need them. It takes its owner from here
COPY --from=build --chown=65532:65532 /data /data
VOLUME /data
CMD ["/app/apps/mcp-gateway/dist/main.js"]

FROM runtime AS rotation-worker
ENV GRANTLINE_DATA_DIR=/data
# Secrets of others, where no vault is; one volume for all that need them. It takes its owner from here
COPY --from=build --chown=65532:65532 /data /data
VOLUME /data
CMD ["/app/apps/rotation-worker/dist/main.js"]

FROM runtime AS audit-projector
CMD ["/app/apps/audit-projector/dist/main.js"]

FROM runtime AS token-service
CMD ["/app/apps/token-service/dist/main.js"]

FROM runtime AS all-in-one
ENV GRANTLINE_DATA_DIR=/data
# The volume takes its owner from here: the user above must be able to write
COPY --from=build --chown=65532:65532 /data /data
VOLUME /data
CMD ["/app/apps/all-in-one/dist/main.js"]
