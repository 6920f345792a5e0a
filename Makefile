# Targets, from a clone:
#   build        bin/pilot, bin/waypoint, bin/pilot-agent and the plugins; needs only Go
#   demo         a running platform on this machine with an app on it; needs root where Docker is not installed yet
#   demo-down    removes what demo made
#   docs         the command reference and the manual page, from the command line itself
#   release      static archives for each platform, with sums and bills of materials
#   e2e-vm       a platform on a virtual machine that boots as the cloud's does
#   test race bench chaos fuzz lint vuln image clean

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

GO ?= go
# Both cores of a small machine, and a bound that only a hanging test reaches.
TEST_FLAGS ?= -p 2 -timeout 20m
TEST_PACKAGES ?= ./...
BENCH_PACKAGES ?= ./...
# What make bench does with its results; -quick is 3 runs instead of 7.
BENCH_FLAGS ?= -doc docs/benchmarks.md
# The version that binaries are stamped with, which release archives are called by, and for which platforms they are.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
RELEASE_PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

# What the linker stamps into pilot, for the answers that it gives before it reads its own build information.
INSTANT := github.com/pilot-framework/pilot/internal/instant
module_version = $(shell $(GO) list -m -f '{{.Version}}' $(1))
STAMPS = -X $(INSTANT).Release=$(VERSION) -X $(INSTANT).Engine=$(call module_version,github.com/pulumi/pulumi/sdk/v3) \
	-X $(INSTANT).Waypoint=$(call module_version,github.com/hashicorp/waypoint)

# Builds of the binaries that go into images depend on nothing of the machine that makes them.
STATIC := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false

.PHONY: build
build: bin/pilot bin/waypoint bin/pilot-agent plugins

# The go command knows better than make what is up to date, and links nothing twice.
.PHONY: bin/pilot
bin/pilot:
	@$(GO) build -ldflags "-s -w $(STAMPS)" -o $@ ./cmd/pilot

.PHONY: bin/pilot-agent
bin/pilot-agent:
	@$(STATIC) -ldflags "-s -w" -o $@ ./cmd/pilot-agent

# The plugins that go into the server image: one program, and a link to it by the name of each plugin.
.PHONY: plugins
plugins:
	@$(STATIC) -ldflags "-s -w" -o bin/waypoint-plugin-pilot ./plugins/waypoint-plugin-pilot
	@for name in $$(bin/waypoint-plugin-pilot names); do ln -sf waypoint-plugin-pilot "bin/$$name"; done

.PHONY: bin/waypoint
bin/waypoint:
	@GO="$(GO)" tools/waypoint/build.sh $@

.PHONY: prerequisites
prerequisites:
	@scripts/prerequisites.sh

# Images that a machine without a registry makes itself: PostgreSQL and Go for the demo, Node.js for the tests of sites.
.PHONY: base-images
base-images: demo-images
	@tools/node-image/make.sh

.PHONY: demo-images
demo-images: prerequisites
	@tools/postgres-image/make.sh
	@tools/go-image/make.sh

# The server image as a file for docker load, for machines that get theirs by hand.
.PHONY: image
image: build
	@$(GO) run ./tools/server-image -bin bin -out dist

.PHONY: demo
demo: build demo-images
	@scripts/demo.sh up

.PHONY: demo-down
demo-down:
	@scripts/demo.sh down

.PHONY: test
test: build base-images
	@scripts/prerequisites.sh test
	@scripts/leftovers.sh
	@cd examples/hello && $(GO) test ./...
	@$(GO) test $(TEST_FLAGS) $(TEST_PACKAGES)

# The race detector over what runs side by side: many stacks in one process, cancellation, locks, events. Needs a C
# compiler.
RACE_TESTS ?= SideBySide|Life|Cancel|Slow|Two|Lock|Deadline|Progress
.PHONY: race
race:
	@scripts/prerequisites.sh race
	@CGO_ENABLED=1 $(GO) test -race -p 1 -timeout 20m -run '$(RACE_TESTS)' ./pkg/engine ./pkg/infra ./pkg/provider

# A platform on a machine that really boots: as root, and 5 minutes where the processor has KVM, more where it is emulated.
.PHONY: e2e-vm
e2e-vm: build
	@scripts/prerequisites.sh vm
	@tools/vm-image/make.sh
	@$(GO) test -tags e2e -timeout 90m -count 1 -v -run 'TestMachine$$' ./stacks/aws

.PHONY: bench
bench: build base-images
	@$(GO) run ./internal/bench $(BENCH_FLAGS)
	@$(GO) test -run '^$$' -bench . -benchtime 5x -timeout 30m -p 1 $(BENCH_PACKAGES)

# Kills pilot at random moments: make chaos N=200, make chaos SEED=1764083203.
N ?= 50
SEED ?= 0
.PHONY: chaos
chaos: bin/pilot
	@$(GO) run ./tools/chaos -pilot bin/pilot -rounds $(N) -seed $(SEED)

# Each fuzz target for FUZZTIME; make fuzz FUZZTIME=10m.
FUZZTIME ?= 60s
.PHONY: fuzz
fuzz:
	@GO="$(GO)" scripts/fuzz.sh $(FUZZTIME)

# The command reference, the manual page and the answers that need no start-up, from the command line itself; a test
# checks that they fit.
.PHONY: docs
docs:
	@$(GO) test ./cmd/pilot -run 'TestReference|TestInstant' -update

# Static archives with sums and bills of materials, in dist/release.
.PHONY: release
release: build
	@GO="$(GO)" STAMPS="$(STAMPS)" scripts/release.sh $(VERSION) $(RELEASE_PLATFORMS)

.PHONY: lint
lint: bin/golangci-lint
	@bin/golangci-lint run --allow-parallel-runners --timeout 20m ./...

.PHONY: bin/golangci-lint
bin/golangci-lint:
	@cd tools/lint && $(GO) build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# Known vulnerabilities that the code reaches and a release mends; needs the module proxy alone.
.PHONY: vuln
vuln:
	@GO="$(GO)" scripts/vuln.sh

.PHONY: clean
clean:
	rm -rf bin dist tools/waypoint/build
