# Two commands do everything on a fresh machine with Rust:
#   make demo    watch one announcement being read
#   make test    run every check; its parts also run alone

.PHONY: demo test test-rust test-api lint generate

demo:
	scripts/setup build
	cargo run --locked -p seenby -- demo

test: test-rust test-api

test-rust: lint
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
	cargo test --locked --workspace --doc --quiet
	scripts/run-tests

# The vendor's own server SDKs against a running server, and calls made from the OpenAPI document.
test-api:
	scripts/setup test
	scripts/run-api-tests

lint:
	scripts/setup test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	scripts/check-core-is-pure
	scripts/check-dependencies
	scripts/check-docs

# Brings everything that is generated up to date: frames, status codes, the pages made from them and from the settings,
# the description of the server API.
generate:
	UPDATE_GENERATED=1 cargo test --quiet -p seenby-protocol --test generated
	UPDATE_GENERATED=1 cargo test --quiet -p seenby --bin seenby reference_page
	UPDATE_GENERATED=1 cargo test --quiet -p seenby-server --lib checked_in_document
