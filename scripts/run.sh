#!/usr/bin/env bash
# Builds what has changed and starts the release. Settings are the environment variables TESSERA_* (see README.md).
source "$(dirname "$0")/lib.sh"

scripts/build.sh
exec "$TARGET/release/tessera" "$@"
