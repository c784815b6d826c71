# One image for every service and for the migrations; `docker-compose.yml` says which one a container is.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
# Nobody's account: it owns no file of the application, only the folder where `bootstrap` leaves the first password.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin shouwang \
    && install --directory --owner=shouwang --mode=0700 /var/lib/shouwang

COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes --requirement requirements/run.txt

COPY migrations migrations
COPY shared shared
COPY services services
# Compiled once here: the account that runs cannot write, and every start would compile anew.
RUN python -m compileall -q migrations shared services

USER shouwang
EXPOSE 8000
# Without urllib's regard for HTTP_PROXY, which many offices set for all containers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/live', timeout=4)"]
ENTRYPOINT ["python", "-m", "services.cli"]
