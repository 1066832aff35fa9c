# hadolint global ignore=DL3008
# (versions are those of Debian 12)
# The command and the Python package, from the sources: docker build -t scheduled .
#   docker run --rm scheduled tune 'wsd(steps=50k)'
#   docker run --rm -v "$PWD:/data" scheduled lint log.csv
FROM debian:12-slim AS build
COPY tools/setup.sh /tools/
RUN /tools/setup.sh command \
 && apt-get install -y --no-install-recommends python3-dev python3-venv
COPY . /source
RUN python3 -m venv /opt/scheduled \
 && /opt/scheduled/bin/pip install --no-cache-dir /source --config-settings=cmake.define.SCHEDULED_BUILD_CLI=ON

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 libfmt9 libhwy1 libsqlite3-0 libstdc++6 \
      libxxhash0 libyaml-0-2 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/scheduled /opt/scheduled
ENV PATH=/opt/scheduled/bin:$PATH
WORKDIR /data
ENTRYPOINT ["scheduled"]
CMD ["--help"]
