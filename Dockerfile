# An image that holds one static executable, one model, and nothing else.
# Build: docker build -t effnet .        Run: docker run --rm -p 8080:8080 effnet

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libjpeg62-turbo-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift openapi.yaml ./
COPY Sources Sources
COPY Tests Tests
COPY Fuzz/Entries Fuzz/Entries
RUN swift build --configuration release --product effnet --static-swift-stdlib -Xswiftc -static-executable \
    && strip --output-file /effnet .build/release/effnet

FROM scratch
LABEL org.opencontainers.image.title="effnet" \
      org.opencontainers.image.description="Image classification with EfficientNet, on CPUs, over HTTP" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /effnet /effnet
COPY --from=build /usr/share/doc/libjpeg62-turbo/copyright /licenses/libjpeg-turbo
COPY --from=build /usr/share/doc/zlib1g/copyright /licenses/zlib
COPY LICENSE /licenses/effnet
COPY Models/tf_efficientnet_lite0 /Models/tf_efficientnet_lite0
USER 65532:65532
EXPOSE 8080
# The executable is process 1: it handles SIGTERM itself and finishes open requests.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/effnet", "health"]
ENTRYPOINT ["/effnet"]
CMD ["serve"]
