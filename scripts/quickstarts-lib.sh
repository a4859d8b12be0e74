# The Quickstart programs, run against the real server; sourced by what runs them, after lib.sh.
QUICKSTART_LOGS=$TARGET/quickstarts
RENDER_BIN=$TARGET/debug/examples/render

# need_languages: what the programs are written in, as far as it can be had from Debian. Where the rest is missing, the
# programs are skipped and counted; with QUICKSTARTS_NONE_SKIPPED set, as in CI, that is a failure.
need_languages() {
  have apt-get || return 0
  local wanted=()
  have ruby && have bundle && have puma || wanted+=(ruby ruby-sinatra ruby-jwt bundler puma)
  have php || wanted+=(php-cli)
  [ ${#wanted[@]} = 0 ] || (debian "languages of the Quickstarts" "${wanted[@]}") || true
}

build_renderer() {
  cargo build --quiet --package quickstarts --example render
}

# run_quickstarts TAP-FILE: every program through every check, several side by side, since each waits now and then.
run_quickstarts() {
  rm -rf "$QUICKSTART_LOGS"
  mkdir -p "$QUICKSTART_LOGS"
  "$RENDER_BIN" --recipes > "$QUICKSTART_LOGS/recipes.json"
  say "Tests of the Quickstarts"
  RENDER_BIN=$RENDER_BIN TESSERA_QUICKSTART_CACHE=$CACHE/quickstarts node --test --test-concurrency=3 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$1" \
    --test-reporter=./end2end/quickstarts/results.mjs --test-reporter-destination="$QUICKSTART_LOGS/results.json" \
    end2end/quickstarts/*.spec.mjs
}

# quickstarts_matrix: prints the results, and writes them into README.md.
quickstarts_matrix() {
  say "What the Quickstarts passed"
  node scripts/quickstarts-matrix.mjs "$QUICKSTART_LOGS/results.json" "$QUICKSTART_LOGS/recipes.json"
}
