#!/usr/bin/env bash
# Sets up the lab in .venv of this checkout: Python packages and the XLA plugin, GoNB and the Go tools, the Jupyter
# kernel, a warm Go build cache, the command lab. Run it through `make setup`. Each stage leaves a stamp, written last, with a hash of
# what went into it: a finished stage is skipped without touching the network, an interrupted one is done again.
# CUDA=1 adds the plugin for NVIDIA GPUs. Names of stages as arguments (python tools modules kernel warm lab) do only these,
# as the Dockerfile does layer by layer. Kept to what bash 3.2 knows, because macOS has no newer one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
VENV=$ROOT/.venv
# A link leads to a set-up that several checkouts share. One that may not be written, as a learner's in the image, is
# complete, and is used as it is.
if [ -L "$VENV" ] && [ -d "$VENV" ]; then
  VENV=$(cd "$VENV" && pwd -P)
  [ -w "$VENV" ] || exit 0
fi
STAMPS=$VENV/.stamps
LOCK=$ROOT/.venv.lock
PY=$VENV/bin/python

say() { printf '%s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# --- what must be there already: one line each, with how to get it -------------------------------------------------
missing=0
need() { printf 'missing: %s\n' "$*" >&2; missing=1; }

go_want=$(sed -n 's/^go //p' go.mod)
if ! command -v go >/dev/null; then
  need "go $go_want or newer: https://go.dev/dl"
elif ! go_have=$(go list -m 2>&1); then
  # go refuses to work on a module that asks for a newer go, where it may not download that.
  need "go $go_want or newer: https://go.dev/dl ($(printf '%s' "$go_have" | head -1))"
fi
if ! command -v python3 >/dev/null; then
  need "python3, 3.10 or newer: on Debian and Ubuntu \`apt-get install python3 python3-venv\`, on macOS \`brew install python\`"
elif ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  need "python3, 3.10 or newer (this is $(python3 --version 2>&1))"
elif ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  need "python3's venv module: on Debian and Ubuntu \`apt-get install python3-venv\`"
fi
if ! command -v "${CC:-gcc}" >/dev/null && ! command -v cc >/dev/null && ! command -v clang >/dev/null; then
  need "a C compiler, to link XLA: on Debian and Ubuntu \`apt-get install gcc libc6-dev\`, on macOS \`xcode-select --install\`"
fi
[ "$missing" = 0 ] || exit 1

# --- one set-up at a time -------------------------------------------------------------------------------------------
# mkdir is the one atomic test that every platform has. A lock whose owner died is taken over.
waited=0
until mkdir "$LOCK" 2>/dev/null; do
  owner=$(cat "$LOCK/pid" 2>/dev/null || true)
  if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
    stale=$LOCK.stale.$$
    if mv "$LOCK" "$stale" 2>/dev/null; then rm -rf "$stale"; fi
    continue
  fi
  # An owner writes its number at once; a lock that stays nameless belongs to one that died in between.
  if [ -z "$owner" ] && [ "$waited" -ge 10 ]; then rm -rf "$LOCK"; continue; fi
  [ "$waited" -gt 0 ] || say "another set-up (process ${owner:-?}) is running here, waiting for it"
  [ "$waited" -lt 1800 ] || die "waited 30 minutes for process $owner; if it is not a set-up, delete .venv.lock"
  sleep 1
  waited=$((waited + 1))
done
printf '%s\n' $$ >"$LOCK/pid"
trap 'rm -rf "$LOCK"' EXIT
trap 'exit 130' INT TERM HUP

# --- stages ---------------------------------------------------------------------------------------------------------
if command -v sha256sum >/dev/null; then hash() { sha256sum | cut -d' ' -f1; }; else hash() { shasum -a 256 | cut -d' ' -f1; }; fi

did=0
only=$*
# stage NAME SENTENCE: runs the function do_NAME unless its stamp holds what key_NAME prints.
stage() {
  local name=$1 what=$2 key log start
  case " ${only:-$name} " in *" $name "*) ;; *) return 0 ;; esac
  key=$("key_$name")
  if [ "$(cat "$STAMPS/$name" 2>/dev/null || true)" = "$key" ]; then return 0; fi
  did=1
  start=$SECONDS
  printf '%-58s' "$what ..."
  log=$LOCK/$name.log
  # Not `if do_...`: inside a condition bash ignores set -e, and a step that fails would be passed over.
  set +e
  (set -e; "do_$name") >"$log" 2>&1
  local status=$?
  set -e
  if [ "$status" != 0 ]; then
    printf ' failed after %d s\n' $((SECONDS - start))
    tail -25 "$log" >&2
    die "stage \"$name\" failed (above: the end of its output). What it did so far is kept: run the same command again."
  fi
  mkdir -p "$STAMPS"
  printf '%s\n' "$key" >"$STAMPS/$name.new"
  mv "$STAMPS/$name.new" "$STAMPS/$name"
  printf ' %4d s\n' $((SECONDS - start))
}

requirements=(-r requirements.txt)
if [ "${CUDA:-}" = 1 ] || [ -e "$STAMPS/with-cuda" ]; then
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "CUDA=1 is for Linux on x86-64: there are no pinned CUDA wheels for $(uname -sm)"
  requirements+=(-r requirements-cuda.txt)
fi

do_python() {
  # An existing environment is completed in place. One that does not work is made anew, and so is one that was moved
  # with its checkout, because programs in it hold its path.
  if ! "$PY" -c 'import pip' 2>/dev/null || [ "$(cat "$STAMPS/path" 2>/dev/null || printf '%s' "$VENV")" != "$VENV" ]; then
    python3 -m venv --clear "$VENV"
  fi
  mkdir -p "$STAMPS"
  printf '%s\n' "$VENV" >"$STAMPS/path"
  PIP_USER=0 "$PY" -m pip install --disable-pip-version-check --no-input --quiet --require-hashes "${requirements[@]}"
  if [ "${#requirements[@]}" -gt 2 ]; then touch "$STAMPS/with-cuda"; fi
}

do_tools() {
  # Built under another name and moved, so that no half-written program is ever run.
  rm -rf "$VENV/bin/.new"
  mkdir -p "$VENV/bin/.new"
  go build -C internal/tools -o "$VENV/bin/.new/" tool
  mv -f "$VENV/bin/.new"/* "$VENV/bin/"
  rmdir "$VENV/bin/.new"
}

do_kernel() {
  # --force_deps: the tools are in the venv, which is not on this shell's PATH.
  JUPYTER_DATA_DIR="$VENV/share/jupyter" "$VENV/bin/gonb" --install --force_deps --logtostderr
  go run ./internal/setup kernel "$VENV"
}

do_modules() {
  # All of them now, so that nothing needs the network later.
  go mod download
}

do_warm() {
  # The packages that cells import, with the flags that GoNB builds with (none). A package in the middle of being
  # changed is no reason to withhold the lab.
  go build ./datasets/... ./pkg/... github.com/janpfeifer/gonb/gonbui || say "not all packages compile"
  go run ./internal/setup backend
}

do_lab() {
  mkdir -p "$VENV/bin/.new"
  go build -o "$VENV/bin/.new/lab" ./cmd/lab
  mv -f "$VENV/bin/.new/lab" "$VENV/bin/lab"
  rmdir "$VENV/bin/.new"
}

key_python() { { printf '%s\n' "$VENV" "${requirements[@]}"; python3 --version; cat requirements*.txt; } | hash; }
key_tools() { { go_key; cat internal/tools/go.mod internal/tools/go.sum; } | hash; }
key_modules() { { go env GOMODCACHE; cat go.mod go.sum; } | hash; }
key_kernel() { { printf '%s\n' "$VENV"; key_tools; key_python; command -v go; cat internal/setup/*.go; } | hash; }
key_warm() { { go_key; key_python; go env GOCACHE; cat go.mod go.sum; } | hash; }
# The lab is built again when one of the packages of the kit changed, by what it has in files: git need not be there.
key_lab() { { go_key; cat go.mod go.sum; find cmd datasets internal pkg -type f ! -name '*_test.go' ! -path '*/testdata/*' | LC_ALL=C sort | xargs cksum; } | hash; }
go_key() { go env GOVERSION GOOS GOARCH GOFLAGS CGO_ENABLED; }

stage python "Python packages and the XLA plugin into .venv"
stage tools "GoNB, goimports, gopls and staticcheck"
stage modules "the Go modules"
stage kernel "the Go kernel for Jupyter"
stage warm "the Go build cache, and XLA on trial"
stage lab "the command lab"
if [ "$did" = 1 ]; then say "the lab is set up in .venv ($SECONDS s)"; fi
