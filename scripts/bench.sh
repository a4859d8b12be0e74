#!/usr/bin/env bash
# What a token costs: its parts in processor time, then the token endpoint under load, as ratios to what the machine can sign.
source "$(dirname "$0")/lib.sh"

need_rust
say "Building the measurement"
cargo build --quiet --release --package bench
"$TARGET/release/bench"
scripts/build.sh
say "Asking the token endpoint from 16 connections"
TESSERA_BIN=$TARGET/release/tessera node bench/load.mjs
