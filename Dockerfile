# An image with Penstock and git, for pipelines. It runs as a user without rights.
#
#     docker build --tag penstock . && docker run --rm --volume "$PWD:/work:ro" penstock check
FROM python:3.13-slim AS built
COPY . /source
RUN python -m venv /opt/penstock && /opt/penstock/bin/pip install --no-cache-dir "/source[all]"

FROM python:3.13-slim
# The git of the day: Debian keeps one version only.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home penstock
COPY --from=built /opt/penstock /opt/penstock
ENV PATH=/opt/penstock/bin:$PATH
USER 10001
WORKDIR /work
ENTRYPOINT ["penstock"]
