# rsnvds: GStreamer elements in Rust for DeepStream pipelines.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
PREFIX ?= /usr/local
DESTDIR ?=
URI ?=
DOCS ?=
MINUTES ?= 10
# The demo's detector: ssdlite, which is the usual one; oidv4, which knows people and cars among 23 classes; blazeface; or
# yolox, which finds characters; plates, which reads drawn number plates; car-kinds, which says what cars are; or face-attributes, who drives.
MODEL ?=
# How the demo is drawn: tracks, with a zone and a line; sample, as the sample deepstream-ssd-parser; or anonymise, faces
# covered.
STYLE ?= tracks
# The plugin with rsmetapublish is built, too, if this is yes: it compiles librdkafka and TLS, which doubles the time.
PUBLISH ?= no
# What packages are made of and tried on: `make test-packages ARCHITECTURES=x86_64 DEBIANS=12` takes less time.
ARCHITECTURES ?= x86_64 aarch64
DEBIANS ?= 11 12 13
CARGO ?= cargo
# The interpreter that has python3-gi.
PYTHON ?= /usr/bin/python3
# Runs a command with what `make env` prints, but for the library path: that is for programs which link to the metadata
# library, and the tests are to find it as any other program does.
WITH_ENV := eval "$$(scripts/env.sh | grep -v '^export LD_LIBRARY_PATH=')";
publish = $(filter yes,$(PUBLISH))
multiarch = $(shell $(CC) -print-multiarch 2>/dev/null)

# The layouts of the metadata library of our own, each with the release that is built in.
META_RELEASES := A=6.0 B=8.0 C=9.1

.PHONY: app help setup build meta test memcheck demo bench fuzz mutants recordings lint install uninstall env clean custom-library packages runtime \
	oidv4 faces yolox plates attributes imagenet setup-cross cross dist test-packages test-arm64 test-bridge test-kafka-tls test-all doctor selftest report tools lint-fmt lint-clippy lint-fuzz lint-bindings lint-deny lint-symbols lint-inspect lint-unsafe wheel brokers

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { gsub(/\$$\$$/, "$$", $$2); printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install and fetch everything needed (the targets below do so by themselves)
	@scripts/setup.sh

# Where the packages for all systems are built and tried; see docs/install.md.
setup-cross: packages ## fetch what builds packages for x86-64 and arm64, into .deps/cross/
	@scripts/setup-cross.sh packages zig cargo-deb $(if $(filter aarch64,$(ARCHITECTURES)),tools arm64)

packages:
	@scripts/setup.sh packages

brokers:
	@scripts/setup.sh packages brokers

runtime:
	@scripts/setup.sh packages nvds onnxruntime media model

oidv4:
	@scripts/setup.sh packages nvds onnxruntime media model oidv4

faces:
	@scripts/setup.sh packages nvds onnxruntime faces

yolox:
	@scripts/setup.sh packages nvds onnxruntime yolox

plates:
	@scripts/setup.sh packages nvds onnxruntime plates

attributes:
	@scripts/setup.sh packages nvds onnxruntime faces attributes

imagenet:
	@scripts/setup.sh packages nvds onnxruntime media model oidv4 imagenet

tools:
	@scripts/setup.sh packages dev deny

build: packages ## the plugins, optimised, into target/plugins/ (PUBLISH=yes with rsmetapublish), and what applications link into target/stubs/
	$(CARGO) build --release --locked --package gst-plugin-rsnvds --package nvds-cpu --package nvds-doctor --package nvds-report \
		--package nvds-stubs --package nvds-stubs-cuda $(if $(publish),--package nvds-publish)
	@scripts/link-stubs.sh
	@mkdir -p out/recording # where the lines in pipelines/ write
	@install -D -C -m 755 target/release/libgstrsnvds.so target/plugins/rsnvds/libgstrsnvds.so
	@install -D -C -m 755 target/release/libgstnvdscpu.so target/plugins/nvdscpu/libgstnvdscpu.so
	$(if $(publish),@install -D -C -m 755 target/release/libgstrsnvdspublish.so target/plugins/rsnvds/libgstrsnvdspublish.so)

meta: packages ## the metadata library of our own, into target/nvds-meta/A (6.0 to 7.1), B (8.0) and C (9.x)
	@$(foreach release,$(META_RELEASES),scripts/build-meta.sh $(subst =, ,$(release)) &&) true

wheel: ## the Python package, into target/wheel/: pip install target/wheel/rsnvds-*.whl
	@scripts/setup.sh dev
	@PYTHON="$(PYTHON)" scripts/wheel.sh

custom-library: ## parsers for nvinfer's custom-lib-path, into target/plugins/libnvdsinfer_custom_rsnvds.so
	$(CARGO) build --release --locked --package nvds-custom
	@install -D -C -m 755 target/release/libnvdsinfer_custom_rsnvds.so target/plugins/libnvdsinfer_custom_rsnvds.so

# The metadata libraries that the tests run on: NVIDIA's, and our own in each layout.
GROUNDS ?= nvidia A B C

test: build meta oidv4 faces yolox plates attributes imagenet brokers tools ## all tests, on each metadata library; GROUNDS=nvidia tests on that alone
	@$(WITH_ENV) CARGO="$(CARGO)" scripts/test-grounds.py $(GROUNDS)

# The layouts that arm64 is tested on.
ARM64_GROUNDS ?= A C

test-arm64: packages ## tests of layouts, metadata and decoding as programs of arm64, under qemu
	@scripts/setup-cross.sh packages zig tools arm64
	@scripts/test-arm64.sh $(ARM64_GROUNDS)

# The metadata libraries that the bridge is tested on.
BRIDGE_GROUNDS ?= nvidia A

test-bridge: build meta runtime ## rsanalyticsbridge on GStreamer 1.26, which is unpacked beside the system's
	@scripts/setup-cross.sh packages debian-13-amd64 analytics
	@CARGO="$(CARGO)" scripts/test-bridge.sh $(BRIDGE_GROUNDS)

# With the system's OpenSSL: building its source takes minutes. In a folder of its own, as other features would build much of the other anew.
test-kafka-tls: packages brokers ## rsmetapublish with kafkas://, that is Kafka over TLS, which the packages do not have
	@scripts/setup.sh openssl
	OPENSSL_NO_VENDOR=1 $(CARGO) test --locked --package nvds-publish --no-default-features --features kafka-tls \
		--target-dir target/kafka-tls

test-all: test memcheck fuzz test-arm64 test-bridge test-kafka-tls test-packages mutants ## what `make test` runs, and what takes too long for every change

memcheck: build runtime tools ## the elements' tests under AddressSanitizer and valgrind; MEMCHECK=asan runs them under one
	@$(WITH_ENV) scripts/memcheck.sh $(MEMCHECK)

demo: build $(if $(filter blazeface,$(MODEL))$(filter anonymise,$(STYLE)),faces,$(if $(filter oidv4 yolox plates,$(MODEL)),$(MODEL),$(if $(filter car-kinds,$(MODEL)),imagenet,$(if $(filter face-attributes,$(MODEL)),attributes,runtime)))) ## an annotated film in out/; URI=film, MODEL=oidv4, blazeface, yolox, plates, car-kinds or face-attributes, STYLE=sample or anonymise change it
	@$(WITH_ENV) $(PYTHON) scripts/demo.py --model "$(MODEL)" --style "$(STYLE)" --uri "$(URI)"

recordings: build oidv4 ## record tests/data/recordings/ anew
	@$(WITH_ENV) scripts/make-recordings.sh

gallery: build runtime faces plates attributes imagenet ## one picture per style of docs/gallery.md in out/gallery/; DOCS=1 renews the page's own
	@$(WITH_ENV) $(CARGO) run --release --locked --package gst-plugin-rsnvds --example gallery -- $(if $(DOCS),--docs)

doctor: build runtime ## what of DeepStream is on this machine, and what will fail
	@$(WITH_ENV) target/release/rsnvds-doctor

report: build ## a page of charts: LINES=out/demo.jsonl FILM=film METRICS=file PAGE=out/report.html
	@test -n "$(LINES)" || test -e out/demo.jsonl || \
		{ echo "there is no out/demo.jsonl, which 'make demo' writes; other lines: make report LINES=file" >&2; exit 1; }
	@target/release/rsnvds-report $(if $(LINES),$(LINES),out/demo.jsonl) --output $(if $(PAGE),$(PAGE),out/report.html) \
		$(if $(FILM),--film $(FILM)) $(if $(METRICS),--metrics $(METRICS))

selftest: build runtime ## play a small recording through stock elements and ours, and compare
	@$(WITH_ENV) target/release/rsnvds-selftest

cross: setup-cross ## binaries for glibc 2.27, GStreamer 1.14 and GLib 2.56, x86-64 and arm64
	@set -e; for architecture in $(ARCHITECTURES); do PUBLISH=$(PUBLISH) scripts/build-cross.sh $$architecture; done

dist: cross ## packages (.deb, .tar.gz) of these binaries and the wheel, in target/dist/
	@scripts/setup.sh dev
	@PUBLISH=$(PUBLISH) scripts/dist.sh $(ARCHITECTURES)

test-packages: dist runtime ## install and try the packages on Debian 11, 12 and 13, and under qemu for arm64
	@scripts/setup-cross.sh packages $(if $(filter x86_64,$(ARCHITECTURES)),$(foreach n,$(DEBIANS),debian-$(n)-amd64)) \
		$(if $(filter aarch64,$(ARCHITECTURES)),debian-11-arm64)
	@DEBIANS="$(DEBIANS)" scripts/test-packages.sh $(ARCHITECTURES)

bench: SHELL := /bin/bash
bench: build runtime ## all benchmarks, and a table of how they compare
	@set -o pipefail; $(WITH_ENV) $(CARGO) bench --workspace --locked | scripts/bench-table.py

SECONDS ?= 600
fuzz: ## fuzz decoders and readers of files for SECONDS in all (default 600)
	@scripts/setup.sh packages fuzz
	@scripts/fuzz.sh $(SECONDS)

mutants: ## make listed mistakes in a copy, each of which a test must notice; ONLY=name makes that one
	@scripts/setup.sh packages nvds
	@$(WITH_ENV) G_DEBUG=fatal-warnings scripts/mutants.py $(if $(ONLY),--only $(ONLY))

# One arena of memory, and none of GLib's own caches before it: what threads of sources that come and go leave in theirs is no leak.
WHAT ?= style
soak: build runtime ## watches memory for MINUTES=10; WHAT=sources with sources that come and go
	@$(WITH_ENV) MALLOC_ARENA_MAX=1 G_SLICE=always-malloc $(CARGO) run --release --locked --package gst-plugin-rsnvds --example soak -- $(MINUTES) $(WHAT)

lint: lint-fmt lint-unsafe lint-clippy lint-fuzz lint-bindings lint-deny lint-symbols lint-inspect ## all checks but the tests

lint-fmt:
	$(CARGO) fmt --all --check

lint-unsafe:
	@scripts/check-unsafe.py

lint-clippy: tools
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# A workspace of its own, which nothing else compiles.
lint-fuzz: packages
	$(CARGO) clippy --locked --manifest-path fuzz/Cargo.toml -- -D warnings

lint-bindings: tools
	$(CARGO) test --locked --package nvds-sys --features bindgen --test bindings

lint-deny: tools
	.deps/bin/cargo-deny --workspace --locked check bans licenses sources

lint-symbols: build meta
	@scripts/check-symbols.py target/plugins/rsnvds/libgstrsnvds*.so
	@scripts/check-symbols.py target/nvds-meta/C/libnvds_meta.so

lint-inspect: build runtime
	@$(WITH_ENV) scripts/inspect-snapshot.sh --check

# Installing as root must not build as root: what is built already is taken.
target/plugins/rsnvds/libgstrsnvds.so:
	@$(MAKE) --no-print-directory build

install: target/plugins/rsnvds/libgstrsnvds.so ## the plugin for stock DeepStream and the header, under PREFIX (default /usr/local)
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/lib/$(multiarch)/gstreamer-1.0/libgstrsnvds.so
	install -D -m 644 include/rsnvds.h $(DESTDIR)$(PREFIX)/include/rsnvds.h
	install -D -m 644 include/rsnvds.pc $(DESTDIR)$(PREFIX)/share/pkgconfig/rsnvds.pc
	@$(if $(publish),test ! -e $(<D)/libgstrsnvdspublish.so || install -D -m 755 $(<D)/libgstrsnvdspublish.so \
		$(DESTDIR)$(PREFIX)/lib/$(multiarch)/gstreamer-1.0/libgstrsnvdspublish.so)
	@echo "GStreamer looks there by itself for PREFIX=/usr; otherwise:" \
		"export GST_PLUGIN_PATH=$(PREFIX)/lib/$(multiarch)/gstreamer-1.0"

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/lib/$(multiarch)/gstreamer-1.0/libgstrsnvds.so \
		$(DESTDIR)$(PREFIX)/lib/$(multiarch)/gstreamer-1.0/libgstrsnvdspublish.so
	rm -f $(DESTDIR)$(PREFIX)/include/rsnvds.h $(DESTDIR)$(PREFIX)/share/pkgconfig/rsnvds.pc

# The command as the shell is to read it, and the folder it runs in: where make was called, also with `make -C`.
CMD ?=
FOLDER ?= $(if $(shell tr '\0' '\n' </proc/$$PPID/cmdline | grep -E '^(-C|--directory)'),$(PWD),$(CURDIR))
app: export APP_CMD = $(value CMD)
app: build runtime ## CMD="python3 my_app.py" runs it without a GPU: docs/run-without-gpu.md
	@cd "$(FOLDER)" && exec "$(CURDIR)/scripts/app.sh" sh -c "$${APP_CMD:?expected a command: make app CMD='python3 my_app.py'}"

env: ## shell exports for gst-launch-1.0: eval "$$(make -s env)"
	@scripts/env.sh

clean: ## remove what was built and written; .deps/ stays
	$(CARGO) clean
	rm -rf out
