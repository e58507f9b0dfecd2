# One image for web, relay, workers and scheduler; what differs is the command. See docker-compose.yml.
FROM python:3.13-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/auzolan
# The same version as app/cli/environment.py; a test compares them.
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
# Dependencies change less often than code: they are a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --extra s3 --extra faces --no-install-project
COPY app app
COPY geodata geodata
COPY workers workers
RUN uv sync --locked --no-dev --extra s3 --extra faces --no-editable

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 auzolan && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin auzolan \
    # A new named volume takes the owner of the folder it covers, so that nobody has to be root to prepare it.
    && install -d -o 10001 -g 10001 /var/lib/auzolan /var/lib/garage/meta /var/lib/garage/data
COPY --from=build /opt/auzolan /opt/auzolan
ENV PATH=/opt/auzolan/bin:$PATH PYTHONUNBUFFERED=1 AUZOLAN_DATA=/var/lib/auzolan
WORKDIR /var/lib/auzolan
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "app:create_app()", "--bind", "0.0.0.0:8000", "--preload", \
     "--worker-class", "app.web.threads.FairThreadWorker", "--workers", "2", "--threads", "4", "--timeout", "60", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--limit-request-line", "8190"]
