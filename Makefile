# Virga: the developer's and the newcomer's front door. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

BUILD := build
GUEST := $(BUILD)/guest
JOBS := $(shell nproc)
export DATABASE ?= sqlite
export TRANSPORT ?= socket
export NINJA_STATUS := [%f/%t %es] 

sources = $$(git ls-files -co --exclude-standard 'src/*.[ch]pp' 'tests/*.[ch]pp')
scripts = tools/*.sh tools/lib/*.sh .ci/run tools/guest/initramfs-init tools/guest/rootfs/etc/init.d/* tools/guest/rootfs/etc/udhcpc/default.script

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: deps
deps: ## Install the Debian packages that building, running and testing need
	@tools/install-deps.sh build run test

.PHONY: configure
configure:
	@tools/install-deps.sh build
	@mkdir -p $(BUILD)
	@cmake --preset release >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }

.PHONY: program
program: configure ## Compile the program alone into build/virga
	@cmake --build $(BUILD) -j $(JOBS) --target virga

.PHONY: build
build: configure ## Compile the program and the tests into build/
	@cmake --build $(BUILD) -j $(JOBS)

.PHONY: guest
guest: ## Build the small bootable guest image from Debian packages
	@tools/install-deps.sh run demo
	@tools/make-guest-image.sh $(GUEST)

.PHONY: demo
demo: ## Start a whole cloud, boot a server in every way, show the trace; leaves it running
	@tools/demo.sh up

.PHONY: demo-down
demo-down: ## Delete the demo's servers, stop its cloud and remove every trace of it
	@tools/demo.sh down

.PHONY: cluster
cluster: ## Start three controls and three hosts on PostgreSQL and NATS, boot a server in every way; leaves it running
	@tools/cluster.sh up

.PHONY: cluster-down
cluster-down: ## End the cluster and remove every trace of it
	@tools/cluster.sh down

.PHONY: test
test: deps build guest ## Run the tests; the last line says "N passed, N failed". DATABASE=postgresql, TRANSPORT=nats: on those
	@tools/test.sh

.PHONY: check
check: format-check build ## The developer's loop, two minutes: format, unit tests, conformance tests on fakes
	@tools/test.sh unit fakes

.PHONY: docs-check
docs-check: program ## Fail when a generated reference page is not what the program prints
	@tools/make-docs.sh --check

.PHONY: unit
unit: build ## Unit tests of pure rules (no root, no network)
	@tools/test.sh unit

.PHONY: api-test
api-test: deps build ## API tests: openstacksdk and plain HTTP against the running program
	@tools/test.sh api

.PHONY: recovery-test
recovery-test: deps build guest ## Kill the program at every task boundary; nothing may be lost
	@tools/test.sh recovery

.PHONY: e2e-test
e2e-test: deps build guest ## Boot real guests in every way, on QEMU under libvirt
	@tools/test.sh e2e

.PHONY: storage-test
storage-test: deps build guest ## Real guests on GlusterFS and on volumes that change while in use (ten minutes)
	@tools/test.sh storage

.PHONY: distributed-test
distributed-test: deps build guest ## Unit, API, recovery and cluster tests on PostgreSQL and NATS: the distributed form
	@DATABASE=postgresql TRANSPORT=nats tools/test.sh unit api recovery cluster

STORM_SECONDS ?= 600
.PHONY: storm
storm: deps build ## Kill and cut off the processes of a cluster at random, while clients work: STORM_SECONDS=600
	@VIRGA_STORM_SECONDS=$(STORM_SECONDS) tools/test.sh storm

SUITE ?= smoke
BACKEND ?= local
.PHONY: tempest
tempest: deps build guest ## OpenStack's Tempest: SUITE=identity|image|volume|compute|network|smoke [BACKEND=local|glusterfs]
	@tools/install-deps.sh tempest
	@VIRGA_BIN=$(CURDIR)/$(BUILD)/virga VIRGA_GUEST_IMAGE=$(CURDIR)/$(GUEST)/guest.qcow2 \
	    tools/contain.py /usr/bin/python3 tests/tempest/run.py $(SUITE) --backend $(BACKEND)

.PHONY: bench
bench: deps build guest ## Measure the figures of the design next to their floors
	@VIRGA_BIN=$(CURDIR)/$(BUILD)/virga VIRGA_GUEST_IMAGE=$(CURDIR)/$(GUEST)/guest.qcow2 \
	    tools/contain.py /usr/bin/python3 tests/bench/bench.py --json $(BUILD)/bench.json

.PHONY: format
format: ## Lay the C++ code out with clang-format
	@tools/install-deps.sh dev
	@clang-format -i $(sources)

.PHONY: format-check
format-check:
	@tools/install-deps.sh dev
	@clang-format --dry-run --Werror $(sources) && echo "format: clean"

.PHONY: lint
lint: build ## clang-tidy over the C++ code, shellcheck over the scripts
	@tools/install-deps.sh dev
	@shellcheck -x $(scripts) && echo "shellcheck: clean"
	@git ls-files -co --exclude-standard 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy --quiet -p $(BUILD)

.PHONY: asan
asan: deps ## Unit and conformance tests under the address and undefined-behaviour sanitizers
	@tools/test.sh --preset asan unit conformance

.PHONY: tsan
tsan: deps ## Unit and conformance tests under the thread sanitizer
	@tools/test.sh --preset tsan unit conformance

FUZZ_MINUTES ?= 10
.PHONY: fuzz
fuzz: ## Feed all readers of foreign data (requests, tokens, images, backups, settings...) damaged input: FUZZ_MINUTES=10 for all
	@tools/install-deps.sh build fuzz
	@tools/fuzz.sh $(FUZZ_MINUTES)

.PHONY: docs
docs: program ## Regenerate the reference pages from the program
	@tools/make-docs.sh

.PHONY: clean
clean: ## Remove everything that was built (downloads too)
	@rm -rf build build-asan build-tsan build-fuzz build-dev
