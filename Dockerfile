# An image that holds one static executable, one model, their licences, and nothing else.
#
#   docker build --tag effnet .
#   docker run --rm --read-only --publish 8080:8080 effnet
#
# scripts/build-image makes the same image without a daemon, runs it and measures it. Built and run for amd64; written
# for arm64 too, but not built there yet.

# A build that must be the same byte for byte names the toolchain's digest: --build-arg TOOLCHAIN=swift@sha256:…
ARG TOOLCHAIN=swift:6.3.1-bookworm
FROM ${TOOLCHAIN} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libjpeg62-turbo-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift openapi.yaml LICENSE ./
COPY Sources Sources
COPY Tests Tests
COPY Fuzz/Entries Fuzz/Entries
COPY scripts/build-static scripts/collect-licences scripts/no-unwind-tables.ld scripts/
RUN scripts/build-static /effnet && scripts/collect-licences /licenses

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
# A folder of Models.
ARG MODEL=tf_efficientnet_lite0
LABEL org.opencontainers.image.title="effnet" \
      org.opencontainers.image.description="Image classification with EfficientNet, on CPUs, over HTTP" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /effnet /effnet
COPY --from=build /licenses /licenses
COPY Models/${MODEL} /Models/${MODEL}
ENV EFFNET_MODEL=/Models/${MODEL}
USER 65532:65532
EXPOSE 8080
# The executable is process 1: it handles SIGTERM itself and finishes open requests.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/effnet", "health"]
ENTRYPOINT ["/effnet"]
CMD ["serve"]
