# Docent's image: web and worker alike (DOCENT_ROLE tells them apart). Build: docker build -t docent .
#
# To pin the base by digest as well, which a rebuilt tag cannot change, take the digest that this prints
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim --format '{{.Manifest.Digest}}'
# and build with --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`: it refuses a lockfile that lacks optional packages of other systems (see bin/run.js). Versions and sums are
# the lockfile's all the same, and no package's own script runs.
RUN npm install --omit=dev --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
 && sha256sum package-lock.json | cut -d' ' -f1 | tr -d '\n' > node_modules/.docent-installed

FROM ${NODE_IMAGE}
# git reads repositories; tini takes care of processes that git leaves behind, and passes signals on.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git tini \
 && rm -rf /var/lib/apt/lists/* \
 && rm -rf /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/corepack /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && mkdir /data /models && chown node:node /data /models \
 && ln -s /app/bin/docent.js /usr/local/bin/docent
WORKDIR /app
COPY --from=packages /app ./
COPY bin ./bin
COPY src ./src
COPY workers ./workers
COPY bots ./bots
COPY sample ./sample
COPY LICENSE ./
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/compiled \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=3000
RUN mkdir compiled && chown node:node compiled
USER node
# Compiled once, here, by who runs it: the image is read-only where it runs.
RUN node bin/docent.js --help > /dev/null \
 && node --input-type=module -e "await import('/app/src/app.ts'); await import('/app/src/console/server.ts')"
VOLUME /data
EXPOSE 3000
# Alive, not ready: a database that is away for a minute is no reason to start Docent anew.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz', { signal: AbortSignal.timeout(4000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "src/main.ts"]
