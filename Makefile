# What a person or a machine runs in this repository. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One folder for everything that is built, so that a fresh clone finds what an earlier one compiled.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/photo-platform/target
# One profile for tests and binaries: everything is compiled once. Versions are those of Cargo.lock.
CARGO_FLAGS := --release --locked
# Where cargo puts programs: .cargo/config.toml names the target, so that they are static.
PROGRAMS = $(CARGO_TARGET_DIR)/$(shell rustc --print host-tuple)/release
CHART := charts/photo-platform-operator
# As `scripts/install.sh helm` builds it.
HELM := $(HOME)/.cache/photo-platform/bin/helm
# Seconds since 1970 when make was started: the figure `demo_cold_s` counts from here, installing included.
STARTED_AT := $(shell date +%s)

# How long each fuzz target runs.
FUZZ_SECONDS ?= 60

.PHONY: help tools build images crds demo demo-real test faults faults-selftest bench-operator bench-scaling bench-imaging bench-path bench-hostile fuzz e2e kind chart chart-test manifests lint fmt

help: ## Shows this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo
	@echo 'Settings, from the environment or as `make demo NAME=value`:'
	@echo '  DEMO_PHOTOS=100   photos that the demo uploads: the samples, repeated'
	@echo '  DEMO_ONCE=1       the demo ends after its table instead of serving on'
	@echo '  REDIS_URL         a Redis to use instead of starting one (demo-real)'
	@echo '  S3_ENDPOINT       an S3 to use instead of starting MinIO (demo-real), with S3_ACCESS_KEY and S3_SECRET_KEY'
	@echo '  MINIO_BIN         a MinIO binary to start instead of building one'
	@echo '  CARGO_TARGET_DIR  where things are built [~/.cache/photo-platform/target]'

tools: ## Installs what is missing to build, run and test
	@scripts/install.sh compiler $(if $(REDIS_URL),,redis) $(if $(S3_ENDPOINT),,minio) browser interop tracer helm lua images api-server cluster

build: ## Builds the platform's programs into CARGO_TARGET_DIR/<this machine's target>/release
	@scripts/install.sh compiler
	cargo build $(CARGO_FLAGS) --workspace --bins

images: ## Makes an image archive of each program, and of Redis and MinIO for tests, without a container engine
	@scripts/install.sh compiler redis minio images
	cargo build $(CARGO_FLAGS) --workspace --bins
	@scripts/images.sh "$(PROGRAMS)"

crds: ## Writes crds/, the definitions of the custom resources, from operator/src/api
	@scripts/install.sh compiler
	cargo run $(CARGO_FLAGS) --workspace --bin photo-operator -- crds crds

demo: ## Starts the platform in one process, uploads sample photos, prints a table and serves the page
	@scripts/install.sh compiler
	cargo build $(CARGO_FLAGS) --workspace --bins
	@DEMO_STARTED_AT=$(STARTED_AT) "$(PROGRAMS)/demo"

demo-real: ## The same on real Redis and MinIO, with a process per role
	@scripts/install.sh compiler $(if $(REDIS_URL),,redis) $(if $(S3_ENDPOINT),,minio)
	cargo build $(CARGO_FLAGS) --workspace --bins
	@DEMO_STARTED_AT=$(STARTED_AT) "$(PROGRAMS)/demo" --real

test: ## Runs everything that must hold: format, lints, tests on real servers, with npm programs and in a browser, documentation
	@scripts/install.sh compiler redis minio browser interop tracer helm lua images api-server cluster scaling
	@scripts/test.sh

e2e: ## Runs everything on real clusters: the operator against an API server, the platform on nodes (KUBECONFIG: on that cluster)
	@scripts/install.sh compiler redis minio helm images api-server cluster scaling
	cargo build $(CARGO_FLAGS) --workspace --bins
	@scripts/images.sh "$(PROGRAMS)"
	tests/e2e/cluster/smoke
	cargo test $(CARGO_FLAGS) --workspace --test api --test operator -- --include-ignored --nocapture
	tests/e2e/nodes

faults: ## Uploads while processes are killed, stopped, cut off, filled and emptied and clocks jump, and counts what was lost (FAULTS="--only storm --kills 30")
	@scripts/install.sh compiler redis minio tracer network faketime
	cargo build $(CARGO_FLAGS) --workspace --bins
	@scripts/faults.sh "$(PROGRAMS)" $(FAULTS)

faults-selftest: ## Takes away one guard of the platform after the other, and checks that `make faults` reports it each time
	@scripts/install.sh compiler redis minio tracer network
	cargo build $(CARGO_FLAGS) --workspace --bins
	@scripts/faults-selftest.sh "$(PROGRAMS)"

bench-operator: ## Measures what the operator costs and how fast it is, beside Kubernetes' own controllers
	@scripts/install.sh compiler redis minio helm images api-server cluster checkov
	cargo build $(CARGO_FLAGS) --workspace --bins
	cargo test $(CARGO_FLAGS) --workspace --test operator steady -- --nocapture
	cargo bench --locked --workspace --bench operator
	@scripts/checkov.sh
	@scripts/images.sh "$(PROGRAMS)"
	env -u KUBECONFIG tests/e2e/nodes the_quickstart_takes_a_photo

bench-scaling: ## Holds the scaling policy against KEDA, HPA and others on simulated traffic (SCALING_JOBS=2: runs at a time)
	@scripts/install.sh compiler scaling
	cargo build $(CARGO_FLAGS) --package photo-operator --bin scaling-policy
	@scripts/bench-scaling.sh "$(PROGRAMS)/scaling-policy" "$(CARGO_TARGET_DIR)/scaling"

bench-imaging: ## Measures the worker's image core beside sharp, Pillow and the image crate (IMAGING="--rounds 9 --only 12")
	@scripts/install.sh compiler photos imaging-peers
	cargo build $(CARGO_FLAGS) --workspace --bin photo-bench-imaging
	@"$(PROGRAMS)/photo-bench-imaging" run --photos $(HOME)/.cache/photo-platform/photos/1/photos \
	    --python $(HOME)/.cache/photo-platform/imaging-peers/bin/python $(IMAGING)

bench-path: ## Measures photos from upload to completed beside a Node stack on the same Redis and MinIO (BENCH_PATH="--rounds 9 --only 12")
	@scripts/install.sh compiler redis minio photos path-peers
	cargo build $(CARGO_FLAGS) --workspace --bins
	@"$(PROGRAMS)/photo-bench-path" --photos $(HOME)/.cache/photo-platform/photos/1/photos $(BENCH_PATH)

bench-hostile: ## Feeds hostile files to the worker's slots and counts what they break (HOSTILE="--only gif")
	@scripts/install.sh compiler imaging-peers hostile
	cargo build $(CARGO_FLAGS) --workspace --bin photo-bench-hostile
	@"$(PROGRAMS)/photo-bench-hostile" run --corpus $(HOME)/.cache/photo-platform/hostile/1 --sharp $(HOSTILE)

fuzz: ## Runs libFuzzer on what strangers' bytes meet (FUZZ_SECONDS=600: of each target; FUZZ="exif encoder": only those)
	@scripts/install.sh compiler fuzz
	@scripts/fuzz.sh $(FUZZ_SECONDS) $(FUZZ)

kind: ## Makes a kind cluster with the images loaded, for those who have kind; `KUBECONFIG=… make e2e` tests on it
	@$(MAKE) --no-print-directory images
	kind create cluster --name photos
	@for image in operator gateway worker redis object-store; do \
	    kind load image-archive --name photos "$(HOME)/.cache/photo-platform/images/$$image.tar"; done

chart: ## Copies the definitions of both kinds into the chart
	cp crds/*.yaml $(CHART)/files/crds/

chart-test: ## Renders the chart with Helm 3 and 4, compares it with its golden files; validates it and the operator's children against Kubernetes' schemas
	@scripts/install.sh compiler helm lua schemas
	cargo test $(CARGO_FLAGS) --workspace --test chart
	@scripts/schemas.sh $(CHART)/tests/golden/*.yaml operator/tests/golden/*/*.yaml

manifests: ## Writes the operator's plain manifests to dist/photo-platform-operator.yaml
	@scripts/install.sh helm
	@mkdir -p dist
	@{ printf '%s\n' '---' 'apiVersion: v1' 'kind: Namespace' 'metadata:' '  name: photos-system' '  labels:' \
	    '    pod-security.kubernetes.io/enforce: restricted'; \
	  $(HELM) template photo-platform-operator $(CHART) --namespace photos-system \
	    --set crds.keep=false | \
	    sed -E '/^ *(app.kubernetes.io\/managed-by: Helm|helm.sh\/chart: .*)$$/d'; } > dist/photo-platform-operator.yaml
	@echo 'kubectl apply --server-side -f dist/photo-platform-operator.yaml'

lint: ## Checks the format, then runs clippy with warnings as errors
	@scripts/install.sh compiler
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings

fmt: ## Formats the Rust code
	cargo fmt --all
