#!/usr/bin/env bash
# Looks for requests that break the endpoints of clients, for FUZZ_SECONDS (120) in all; what reaches new code is kept in fuzz/corpus.
# With libFuzzer, whose coverage the stable compiler can write too; no nightly and no cargo-fuzz is needed.
source "$(dirname "$0")/lib.sh"

need_rust
seconds=${FUZZ_SECONDS:-120}
target=$(rustc -vV | sed -n 's/^host: //p')
# The target is named so that build scripts and macros, which run while the rest is built, are left as they are.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
say "Building the fuzz targets"
cargo build --quiet --locked --release --manifest-path fuzz/Cargo.toml --target "$target" --target-dir "$TARGET/fuzz"

work=$(mktemp -d "$TARGET/fuzz/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
# The servers under test keep their data here.
export TMPDIR=$work
for name in request assertion; do
  program=$TARGET/fuzz/$target/release/$name
  say "Making up input for $name, $((seconds / 2)) s"
  mkdir -p "$work/$name" "$TARGET/fuzz/broken"
  "$program" "$work/$name" "fuzz/corpus/$name" -max_total_time=$((seconds / 2)) -max_len=4096 -timeout=10 -rss_limit_mb=4096 \
    -artifact_prefix="$TARGET/fuzz/broken/$name-" -print_final_stats=1 -verbosity=1 \
    || die "$name broke; the input is in $TARGET/fuzz/broken"
  say "Keeping what reaches new code"
  # By edges alone: how often each was passed would keep twice as many.
  "$program" -merge=1 -use_counters=0 -max_len=4096 "fuzz/corpus/$name" "$work/$name"
  say "fuzz/corpus/$name holds $(find "fuzz/corpus/$name" -type f | wc -l) inputs"
done
