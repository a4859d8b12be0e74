#!/usr/bin/env bash
# Runs every Quickstart program against the built server, prints which checks each passed, and writes that into README.md.
source "$(dirname "$0")/lib.sh"
source scripts/quickstarts-lib.sh

need_rust
need_node
need_languages
scripts/build.sh
build_renderer
export TESSERA_BIN=$TARGET/release/tessera
status=0 matrix=0
run_quickstarts /dev/null || status=$?
quickstarts_matrix || matrix=$?
# A README that was stale is put right by now.
[ "$matrix" != 2 ] || matrix=0
exit $((status != 0 || matrix != 0))
