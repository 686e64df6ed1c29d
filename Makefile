# The commands that people and CI type. `make help` lists them.

PORT ?= 8080
MODEL ?= Models/tf_efficientnet_lite0
BINARY := .build/release/effnet
FUZZ_SECONDS ?= 60
FUZZ ?= $(notdir $(wildcard Fuzz/Targets/*))

.DEFAULT_GOAL := help
.PHONY: help setup setup-test stamp build run test test-all image clients browser soak stress fuzz sanitize unit lint format checks docs models clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the system libraries that are missing
	@scripts/install-packages libjpeg62-turbo-dev zlib1g-dev pkg-config

setup-test: setup
	@scripts/install-packages qemu-user binutils curl python3 python3-yaml

# SwiftPM does not see that the header of the vector primitives has changed: then its build starts anew.
stamp:
	@mkdir -p .build
	@cat Sources/CIntrinsics/* | sha256sum > .build/intrinsics.new
	@if ! cmp -s .build/intrinsics.new .build/intrinsics.sum; then \
		if [ -e .build/intrinsics.sum ]; then swift package clean; mkdir -p .build; fi; \
		cat Sources/CIntrinsics/* | sha256sum > .build/intrinsics.sum; \
	fi

build: setup stamp ## build the server: .build/release/effnet
	swift build -c release --product effnet

run: build ## serve the bundled model on port 8080 (PORT=…, MODEL=…)
	$(BINARY) serve --port $(PORT) --model $(MODEL)

test: setup-test lint unit checks ## everything CI runs
	@echo "All tests passed."

# One build serves the tests and the checks of the binary.
unit: stamp ## unit and golden tests
	swift build -c release --build-tests
	swift test -c release --skip-build

lint: ## formatting, naming, and the tests that the threat model names
	scripts/check-threat-model
	swift-format lint --recursive --strict --parallel Package.swift Sources Tests Fuzz/Package.swift Fuzz/Entries Fuzz/Targets

checks: ## what is checked on the built binary: the kernels' symbols and registers, old CPUs, ARM
	swift build -c release --product effnet
	scripts/check-image-context
	scripts/check-kernel-symbols
	scripts/check-kernel-spills
	scripts/check-arm64
	scripts/check-allocations $(BINARY)
	scripts/check-old-cpus $(BINARY)
	scripts/check-docs --no-commands $(BINARY)

test-all: test clients browser stress image ## and what takes long: peers, all goldens, clients, stress, a little fuzzing
	@scripts/install-packages haproxy prometheus systemd python3-yaml python3-venv
	@command -v kubectl >/dev/null || scripts/install-packages kubernetes-client
	scripts/check-openapi
	scripts/check-metrics $(BINARY)
	scripts/check-monitoring $(BINARY)
	scripts/check-deploy $(BINARY)
	scripts/check-docs $(BINARY)
	scripts/check-rolling-restart $(BINARY)
	scripts/check-model-store $(BINARY)
	EFFNET_TEST_ALL=1 swift test -c release --skip-build --filter GoldenLogitsTests --filter LibraryFileTests
	$(MAKE) fuzz FUZZ_SECONDS=20

clients: build ## real clients from PyPI against the built server, in .venv-clients
	Tests/Clients/run

image: setup ## build the container image without a daemon, run it, measure it: .build-image
	@scripts/install-packages buildah umoci runc binutils
	scripts/build-image

browser: build ## the page at / in headless Chromium, in .venv-browser
	@scripts/install-packages chromium python3-venv
	Tests/Browser/run

soak: build ## 20 minutes at the sustainable load: memory, descriptors and answers stay as they are
	scripts/soak $(BINARY)

stress: build ## thousands of connections, slow and broken clients, no descriptors
	scripts/stress-http $(BINARY)

# All code under test is instrumented, with AddressSanitizer as well.
fuzz: setup ## fuzz each reader of outside data for a minute (FUZZ_SECONDS=…, FUZZ=FuzzHTTP …)
	scripts/fuzz $(FUZZ_SECONDS) $(FUZZ)

sanitize: setup stamp ## the tests under ThreadSanitizer and AddressSanitizer
	scripts/check-sanitizers

format: ## format all Swift files in place
	swift-format format --recursive --in-place --parallel Package.swift Sources Tests Fuzz/Package.swift Fuzz/Entries Fuzz/Targets

docs: build ## write docs/API.md and the options in docs/OPERATIONS.md anew
	@scripts/install-packages python3-yaml
	scripts/make-docs $(BINARY)

models: ## fetch and convert EfficientNet-Lite1 and Lite2 into Models/
	scripts/convert-lite tf_efficientnet_lite1 tf_efficientnet_lite2

clean: ## remove everything that was built
	rm -rf .build .build-static .build-image .build-thread .build-address Fuzz/.build
