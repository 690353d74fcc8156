# The image runs from its source tree: templates, migrations and static files lie beside the code that reads them.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md ./
COPY plugin plugin
COPY handlers handlers
COPY migrations migrations
COPY templates templates
RUN /venv/bin/pip install -c constraints.txt -e . && /venv/bin/python -m compileall -q plugin handlers migrations

FROM python:3.11-slim
RUN groupadd --gid 10001 comeback \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin comeback \
    && install -d -o comeback -g comeback -m 0700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    COMEBACK_ENV=production COMEBACK_DATA=/data HOST=0.0.0.0 PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=2)"]
CMD ["comeback", "serve"]
