#!/usr/bin/env bash
# Joins the files that style/main.css imports into style/.bundle.css, which cargo-leptos minifies and serves:
# it doesn't follow imports itself, and a browser that did would fetch each file in turn.
# Understands one import a line: @import "file.css"; or @import "file.css" layer(name);
source "$(dirname "$0")/lib.sh"

bundle=style/.bundle.css
[ -f style/main.css ] || die "style/main.css is missing"
if [ -f "$bundle" ] && [ -z "$(find style -name '*.css' ! -path "$bundle" -newer "$bundle" -print -quit)" ]; then
  exit 0
fi

joined=$(mktemp "$TARGET/style.XXXXXX")
trap 'rm -f "$joined"' EXIT
awk '
  !/^@import/ { print; next }
  !/^@import "[^"]+\.css"( layer\([a-z-]+\))?;[ \t]*(\/\*.*\*\/)?$/ {
    print "style/main.css:" NR ": write it as @import \"file.css\"; or @import \"file.css\" layer(name);" > "/dev/stderr"; exit 1
  }
  {
    file = $0; sub(/^@import "/, "", file); sub(/".*/, "", file)
    layer = ""
    if (match($0, /layer\([a-z-]+\)/)) layer = substr($0, RSTART + 6, RLENGTH - 7)
    if (layer) print "@layer " layer " {"
    while ((status = (getline line < ("style/" file))) > 0) print line
    if (status < 0) { print "style/main.css:" NR ": style/" file " is missing" > "/dev/stderr"; exit 1 }
    close("style/" file)
    if (layer) print "}"
  }
' style/main.css > "$joined"
cat "$joined" > "$bundle"
