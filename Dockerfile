# Two images: `docker build --target gateway .` and `docker build --target bot .`
# The bases can be changed, for example to a mirror's: --build-arg GATEWAY_BASE=... --build-arg BOT_BASE=...
ARG GATEWAY_BASE=python:3.12-slim-bookworm
ARG BOT_BASE=python:3.10-slim-bookworm


# --- the gateway's packages, installed where a compiler or a cache may be left behind
FROM ${GATEWAY_BASE} AS gateway-packages
WORKDIR /build
COPY requirements/uv.txt requirements/gateway.txt requirements/
COPY tools/bootstrap.py tools/
COPY pyproject.toml ./
COPY gateway gateway
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
RUN python -m pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
 && python tools/bootstrap.py --production --only gateway \
 && python -m compileall -q .venv/lib gateway


# --- the gateway: web, worker, migrate
FROM ${GATEWAY_BASE} AS gateway
ENV PATH=/build/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FRONTDOOR_MODE=production \
    FRONTDOOR_HOST=0.0.0.0 \
    FRONTDOOR_PORT=8080 \
    FRONTDOOR_VAR=/var/lib/front-door
# Numbers, so that an orchestrator can see that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/front-door
COPY --from=gateway-packages /build /build
WORKDIR /build
USER 10001:10001
VOLUME /var/lib/front-door
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["frontdoor", "web"]


# --- the bot's packages and its trained model
FROM ${BOT_BASE} AS bot-packages
WORKDIR /build
COPY requirements/uv.txt requirements/bot.txt requirements/
COPY tools/bootstrap.py tools/
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
RUN python -m pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
 && python tools/bootstrap.py --production --only bot
COPY config.yml domain.yml endpoints.yml credentials.yml ./
COPY bot bot
RUN .venv-bot/bin/python -m bot.train \
 && rm -rf models/.cache


# --- the bot: `python -m bot.serve` and `python -m bot.serve_actions`; no database, no Twilio secret, no way out
FROM ${BOT_BASE} AS bot
ENV PATH=/build/.venv-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    USER=bot
COPY --from=bot-packages /build /build
WORKDIR /build
USER 10002:10002
EXPOSE 5005
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:5005/webhooks/frontdoor/health', timeout=2)"]
CMD ["python", "-m", "bot.serve", "--host", "0.0.0.0", "--port", "5005", "--actions-host", "actions"]
