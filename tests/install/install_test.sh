#!/usr/bin/env bash
# Installs a build into a folder of its own, then uses the program and the library as somebody else would.
set -euo pipefail

build=${1:?usage: install_test.sh BUILD_FOLDER}
consumer=$(dirname -- "$(readlink -f -- "$0")")/consumer
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
prefix=$work/prefix

fail() {
  printf 'install_test: %s\n' "$*" >&2
  exit 1
}

cached() { # VARIABLE
  sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

# A library built with sanitizers or for coverage links only into programs built alike.
flags=$(cached CMAKE_CXX_FLAGS)
if [[ $(cached CAPPLAN_SANITIZE) == ON ]]; then flags+=' -fsanitize=address,undefined'; fi

cmake --install "$build" --prefix "$prefix" >/dev/null

[[ $("$prefix/bin/capplan" --version) == *[0-9]* ]] || fail 'the installed program does not say its version'
for file in share/man/man1/capplan.1 share/doc/capplan/LICENSE share/doc/capplan/NOTICE \
  share/capplan/profiles/carbon.csv share/capplan/profiles/accelerators/H100-SXM-80GB.yaml; do
  [[ -s $prefix/$file ]] || fail "$file is missing"
done

headers=$prefix/include
if grep -rnE '#include "' "$headers" | grep -v '"capplan/'; then fail 'a public header includes a private one'; fi

cmake -G Ninja -S "$consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCAPPLAN_HEADERS="$headers" \
  -DCMAKE_CXX_COMPILER="$(cached CMAKE_CXX_COMPILER)" -DCMAKE_CXX_FLAGS="$flags" >"$work/log" 2>&1 &&
  ninja -C "$work/consumer" >>"$work/log" 2>&1 || {
  cat "$work/log" >&2
  fail 'the library cannot be used from where it is installed'
}
"$work/consumer/consumer" >"$work/plan.json" || fail 'the consumer made no plan'
grep -q 'capplan.estimate/1' "$work/plan.json" || fail 'the plan of the consumer is no JSON result'
