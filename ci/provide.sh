#!/usr/bin/env bash
# Sees to it that the steps that follow find capplan: the one that is there, or one built from the source that
# this action came with.
set -euo pipefail

version=${1-}
source=${GITHUB_ACTION_PATH:?}

if ! command -v capplan >/dev/null; then
  "$source/dev" build >&2
  printf '%s\n' "$source/build/release" >>"$GITHUB_PATH"
  PATH=$source/build/release:$PATH
fi
found=$(capplan --version)
if [[ -n $version && $found != "capplan ${version#v}" ]]; then
  printf '::error::capplan %s was asked for, this is %s\n' "$version" "$found"
  exit 2
fi
