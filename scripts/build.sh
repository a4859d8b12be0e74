#!/usr/bin/env bash
# Builds the release: build.sh front | server | all (the default).
# First the browser's half into target/site, then the server, which carries those files inside itself.
source "$(dirname "$0")/lib.sh"

site=$ROOT/target/site
# Says of which files the site was built, and when; cargo-leptos empties target/site on any other build, `make dev` included.
stamp=$ROOT/target/site.sha256

front_is_fresh() {
  [ -f "$stamp" ] || return 1
  [ -z "$(find Cargo.toml Cargo.lock .cargo model app frontend style public scripts/build.sh scripts/chunks.mjs scripts/lib.sh \
    ! -path style/.bundle.css -newer "$stamp" -print -quit)" ] || return 1
  sha256sum --check --quiet --status "$stamp" 2>/dev/null
}

build_front() {
  if front_is_fresh; then return; fi
  need_build_tools
  say "Building the browser's half (WebAssembly)"
  scripts/style.sh
  rm -f "$stamp"
  mkdir -p "$site"
  local started=$TARGET/site.started
  touch "$started"
  # `split`: pages are fetched when they are first shown (app/src/chunk.rs).
  LEPTOS_STYLE_FILE=style/.bundle.css cargo leptos build --release --split --lib-features split --precompress --frontend-only >&2
  node scripts/chunks.mjs target/site/pkg
  find target/site -type f -print0 | sort -z | xargs -0 sha256sum > "$stamp.new"
  touch -r "$started" "$stamp.new"
  rm -f "$started"
  mv "$stamp.new" "$stamp"
}

# By cargo, not by cargo-leptos: that one would empty target/site first, and the server would carry nothing.
build_server() {
  need_rust
  [ -f "$TARGET/release/tessera" ] || say "Building the server, about 8 minutes the first time"
  cargo build --quiet --release --package server --bin tessera >&2
}

case ${1:-all} in
  front) build_front ;;
  server) build_server ;;
  all)
    build_front # not joined by &&: bash would then overlook what fails inside it
    build_server
    ;;
  *) die "build.sh takes front, server or all" ;;
esac
