#!/usr/bin/env bash
# Starts a development build that rebuilds and reloads at each change.
source "$(dirname "$0")/lib.sh"

need_build_tools
scripts/style.sh
# cargo-leptos watches the file it is given, not what that was joined from.
(while sleep 1; do scripts/style.sh || true; done) &
joining=$!
trap 'kill "$joining" 2>/dev/null || true' EXIT
say "Building a development version, several minutes the first time"
LEPTOS_STYLE_FILE=style/.bundle.css cargo leptos watch
