#!/usr/bin/env bash
# Sends made-up requests to the Management API, FUZZ_API_CASES (5000) or more, and holds every answer against openapi.json.
# FUZZ_API_SEED repeats an earlier run; TESSERA_BIN is the server, built for debugging if it is not given.
source "$(dirname "$0")/lib.sh"

need_node
if [ -z "${TESSERA_BIN:-}" ]; then
  need_rust
  say "Building the server"
  cargo build --quiet --locked --workspace --exclude frontend --bin tessera
  TESSERA_BIN=$TARGET/debug/tessera
fi
export TESSERA_BIN
python_packages "the fuzzer" end2end/fuzz-api/requirements.txt
say "Asking the Management API"
node end2end/fuzz-api/run.mjs "$VENV/bin/schemathesis" "${FUZZ_API_CASES:-5000}" "${FUZZ_API_SEED:-$RANDOM}"
