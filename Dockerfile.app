# The image of the client side: what a bot needs to enqueue. `--build-arg EXTRA=recall` adds what `memory` needs.
# A bot's own image is made `FROM` it; alone it is a Python prompt: `from mindfleet import task_queue`, then `await task_queue.…`.
ARG PYTHON=3.13.14-slim-trixie

FROM python:${PYTHON} AS build
RUN groupadd --gid 1000 worker \
 && useradd --uid 1000 --gid worker --create-home worker \
 && install --directory --owner=worker --group=worker /build /app
USER 1000:1000
WORKDIR /build
ENV PYTHONDONTWRITEBYTECODE=1 UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never

COPY locks/build.lock locks/
RUN python -m venv tools \
 && tools/bin/python -m pip install --no-cache-dir --only-binary :all: --require-hashes --requirement locks/build.lock

# `client` or `recall`
ARG EXTRA=client
COPY locks/${EXTRA}.lock locks/
RUN tools/bin/python -m venv --without-pip /app \
 && tools/bin/uv pip install --python /app/bin/python --compile-bytecode --no-build --require-hashes --requirement "locks/${EXTRA}.lock"

COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY tasks tasks
COPY workers workers
RUN tools/bin/uv build --wheel --no-build-isolation --python tools/bin/python --out-dir wheel \
 && tools/bin/uv pip install --python /app/bin/python --compile-bytecode --no-deps wheel/*.whl \
 && rm -f /app/.lock


FROM python:${PYTHON}
LABEL org.opencontainers.image.title="mindfleet client" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 1000 worker \
 && useradd --uid 1000 --gid worker --create-home --shell /usr/sbin/nologin worker
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONFAULTHANDLER=1 \
    MINDFLEET_HOME=/tmp/mindfleet
USER 1000:1000
WORKDIR /app
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import asyncio, mindfleet; asyncio.run(mindfleet.task_queue.connect())"]
CMD ["python", "-m", "asyncio"]
