# Two commands do everything on a fresh machine with Rust:
#   make demo    open a chat in the browser, among 5,000 people
#   make test    run every check; its parts also run alone

.PHONY: demo web test test-rust test-api test-sdk test-web lint generate bench bench-check bench-report soak crash damage hostile fuzz simulate mutants mutants-core

demo: web
	cargo run --locked -p seenby --features web -- demo

# The chat page, for programs with the feature `web`.
web:
	scripts/setup web
	cd web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund; } && npm run build

test: test-rust test-api test-sdk test-web

test-rust: lint
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
	cargo test --locked --workspace --doc --quiet
	scripts/run-tests

# The vendor's own server SDKs against a running server, and calls made from the OpenAPI document.
test-api:
	scripts/setup test
	scripts/run-api-tests

# The SDK for JavaScript: checked, tried, built, weighed, installed, and held against the server in Node and in a browser.
test-sdk:
	scripts/setup test
	cd sdk/typescript && npm ci --loglevel=error
	cd sdk/typescript && npm run --silent check
	cd sdk/typescript && npm run --silent generate -- --check
	cd sdk/typescript && npm run --silent test
	cd sdk/typescript && npm run --silent build
	cd sdk/typescript && npm run --silent size
	cd sdk/typescript && npm run --silent package
	cargo build --locked --quiet -p seenby
	cd sdk/typescript && npm run --silent test-e2e

# The chat page: checked, tried, built, weighed, and used by several visitors at once in a browser, against the program.
# Pictures of it are left in target/screenshots.
test-web: web
	scripts/setup test
	cd web && npm run --silent check
	cargo build --locked --quiet -p seenby --features web
	cd web && npm run --silent test

lint:
	scripts/setup test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	scripts/check-core-is-pure
	scripts/check-sessions-are-pure
	scripts/check-dependencies
	scripts/check-docs

# Brings everything that is generated up to date: frames, status codes, the pages made from them and from the settings,
# the description of the server API, and the vectors. Records of sessions are removed first, so that none stays behind its
# scenario.
generate:
	UPDATE_GENERATED=1 cargo test --quiet -p seenby-protocol --test generated
	UPDATE_GENERATED=1 cargo test --quiet -p seenby-protocol --test vectors
	rm -f vectors/session/*.json
	UPDATE_GENERATED=1 cargo test --quiet -p seenby-client --test session
	UPDATE_GENERATED=1 cargo test --quiet -p seenby --bin seenby reference_page
	cd sdk/typescript && npm ci --loglevel=error && npm run --silent generate
	UPDATE_GENERATED=1 cargo test --quiet -p seenby-server --lib checked_in_document

# What a server can do on this machine, and what it costs: under ten minutes, the figures in target/bench.json.
bench:
	cargo run --locked --release -p seenby -- bench all --json > target/bench.json

# Instructions of what every answer passes through, against those on record.
bench-check:
	scripts/bench-check

# Tables and plots of docs/performance.md from target/bench.json.
bench-report:
	scripts/bench-report target/bench.json

# A server in use for so many MINUTES, each of which it takes for a day: does anything grow?
soak:
	scripts/soak $(or $(MINUTES),60)

# Ends a server in use as many times, mostly by force, and compares what people saw with what it has afterwards.
crash:
	SEENBY_CRASH_ROUNDS=$(or $(ROUNDS),300) cargo test --locked --release -p seenby --test crash -- --nocapture however_often

# Damages the files of a store, so many times: it is refused, or it does no harm.
damage:
	SEENBY_DAMAGE_TRIES=$(or $(TRIES),2000) cargo test --locked -p seenby-storage --test damage -- --nocapture

# Attacks a server on real sockets, so many SECONDS each, and shows what honest people notice of it.
hostile:
	SEENBY_HOSTILE_SECONDS=$(or $(SECONDS),10) cargo test --locked --release -p seenby --test hostile -- --nocapture

# Every target in turn, so many MINUTES each. Needs a nightly toolchain.
fuzz:
	scripts/fuzz $(or $(MINUTES),5)

# Everything but sockets, threads, clocks and disks, in virtual time: so many SEEDS, so many MINUTES, or one SEED again.
simulate:
	cargo run --locked --release -p seenby-simulator -- --jobs 2 \
	  $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(FROM),--from $(FROM))

# Breaks one rule after another on purpose, and sees the simulator notice, or the test that is for that rule.
mutants:
	scripts/mutants

# Breaks every line of the core in every way that cargo-mutants knows, and sees its tests notice.
mutants-core:
	cargo mutants --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-mutants
	cargo mutants --package seenby-core --timeout 60 --output target
