#!/usr/bin/env bash
# Every check there is, in the order that fails soonest. One failed step doesn't stop the others; what is built on a
# failed build is skipped. Ends with the line "N passed, N failed", and with status 1 if anything failed.
source "$(dirname "$0")/lib.sh"
source scripts/postgres.sh
source scripts/quickstarts-lib.sh

logs=$TARGET/test-logs
rm -rf "$logs"
mkdir -p "$logs" target/site
passed=0
failed=0
failures=()
ended_early=1
trap finish EXIT
trap 'exit 130' INT TERM

# The caller's settings are for a server of the caller's; only the choice of a browser is for us.
for name in $(compgen -e TESSERA_ || true); do
  [ "$name" = TESSERA_TEST_CHROMIUM ] || unset "$name"
done

finish() {
  stop_postgres
  if [ "$ended_early" = 1 ]; then
    count 0 1
    fail "the run ended early: see the last message above"
  fi
  echo
  if [ "$failed" != 0 ]; then
    echo "Failed:"
    printf '  %s\n' "${failures[@]}"
  fi
  echo "$passed passed, $failed failed"
  exit $((failed != 0))
}

count() {
  passed=$((passed + $1))
  failed=$((failed + $2))
}

fail() {
  failures+=("$1")
}

# logged FILE COMMAND…: shows what the command prints, and keeps it.
logged() {
  local file=$1
  shift
  "$@" 2>&1 | tee "$file"
}

# check NAME COMMAND…: a command that counts as one check.
check() {
  local name=$1
  shift
  say "$name"
  if "$@"; then count 1 0; else
    count 0 1
    fail "$name"
    return 1
  fi
}

# tally NAME STATUS PASSED FAILED: adds a runner's own figures. One that ended badly without naming a failed test
# (it didn't compile, or crashed) counts as one failure; so does one that ran nothing.
tally() {
  local name=$1 status=$2 good=$3 bad=$4
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$good" = 0 ]; }; then bad=1; fi
  count "$good" "$bad"
  if [ "$bad" != 0 ]; then fail "$name: $bad failed"; fi
}

cargo_tests() {
  local log=$logs/cargo-test.log status=0
  say "Unit, engine and server tests"
  logged "$log" cargo test --workspace --exclude frontend --no-fail-fast || status=$?
  tally "cargo test" "$status" \
    "$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$log")" \
    "$(awk '/^test result:/ { n += $6 } END { print n + 0 }' "$log")"
  while read -r line; do fail "  $line"; done < <(grep -E '^test .* FAILED$' "$log" || true)
}

# node_tests NAME FLAG-OR-FILE…: files for Node's own runner.
node_tests() {
  local name=$1 log=$logs/node-$1.tap status=0
  shift
  say "Tests of the $name"
  node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$log" "$@" || status=$?
  tally_tap "$name" "$status" "$log"
}

# tally_tap NAME STATUS LOG: adds the figures of a run of Node's runner.
tally_tap() {
  local name=$1 status=$2 log=$3
  [ -f "$log" ] || : > "$log"
  tally "$name" "$status" \
    "$(awk '/^# pass / { n = $3 } END { print n + 0 }' "$log")" \
    "$(awk '/^# (fail|cancelled) / { n += $3 } END { print n + 0 }' "$log")"
  while read -r line; do fail "  $line"; done < <(grep -E '^ *not ok ' "$log" | sed -E 's/^ *not ok [0-9]+ - //' || true)
}

quickstart_tests() {
  local log=$logs/node-Quickstarts.tap status=0 matrix=0
  run_quickstarts "$log" || status=$?
  tally_tap Quickstarts "$status" "$log"
  quickstarts_matrix || matrix=$?
  case $matrix in
    0) count 1 0 ;;
    2) count 0 1; fail "README.md: its matrix of Quickstarts was stale; commit the new one" ;;
    *) count 0 1; fail "Quickstarts: see the matrix above" ;;
  esac
}

# sdk_tests: one after another, since each asks as fast as it can and a program's own waiting is part of what is tested.
sdk_tests() {
  node_tests SDKs --test-concurrency=1 end2end/sdks/*.spec.mjs
  grep -oE '^ok .* # SKIP.*' "$logs/node-SDKs.tap" | sed -E 's/^ok [0-9]+ - (.*) # SKIP/skipped: \1:/' || true
}

browser_tests() {
  local report=$logs/playwright.json status=0
  say "Browser tests, with JavaScript on and off"
  (cd end2end && TESSERA_TEST_REPORT=$report node_modules/.bin/playwright test) || status=$?
  # Prints "expected unexpected", and then which tests failed and why.
  local summary
  summary=$(node scripts/playwright-summary.mjs "$report") || summary="0 0"
  tally "browser tests" "$status" $(head -n 1 <<<"$summary")
  while IFS= read -r line; do [ -z "$line" ] || fail "  $line"; done < <(tail -n +2 <<<"$summary")
}

need_end2end() {
  need_node
  if [ ! -f end2end/node_modules/.package-lock.json ] || [ end2end/package-lock.json -nt end2end/node_modules/.package-lock.json ]; then
    say "Fetching the Node packages of the tests"
    (cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent)
    touch end2end/node_modules/.package-lock.json
  fi
  export TESSERA_TEST_CHROMIUM=${TESSERA_TEST_CHROMIUM:-$(command -v chromium || true)}
  if [ -z "$TESSERA_TEST_CHROMIUM" ]; then
    debian "Chromium" chromium
    TESSERA_TEST_CHROMIUM=$(command -v chromium)
  fi

  python_packages "the tests" end2end/requirements.txt
  export TESSERA_TEST_PYTHON=$VENV/bin/python
}

need_rust
need_lints
need_wasm_target
need_end2end
need_languages
say "Starting PostgreSQL"
start_postgres
export TESSERA_TEST_DATABASE_URL=$POSTGRES_URL

check "Format" cargo fmt --check || true
check "Types of the browser tests" npm --silent --prefix end2end run check || true
check "Lints of the native half" cargo clippy --workspace --exclude frontend --all-targets -- -D warnings || true
check "Lints of the browser's half" cargo clippy --package frontend --features split --target wasm32-unknown-unknown -- -D warnings || true
cargo_tests
if check "Build of the release" scripts/build.sh; then
  export TESSERA_BIN=$TARGET/release/tessera
  browser_tests
  if check "Build of the Quickstart renderer" build_renderer; then quickstart_tests; fi
  shopt -s nullglob
  libraries=(end2end/libraries/*.spec.mjs)
  [ ${#libraries[@]} = 0 ] || node_tests libraries "${libraries[@]}"
  sdk_tests
  check "Made-up requests to the Management API" env FUZZ_API_CASES=500 FUZZ_API_SEED=1 scripts/fuzz-api.sh || true
  check "Sizes" node scripts/sizes.mjs || true
fi
ended_early=0
