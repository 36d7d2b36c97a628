#!/usr/bin/env bash
# One run of `capplan check` in a job of GitHub Actions: annotations, summary and outputs; the JSON result and
# the comment in a folder of their own. Ends with 0, the code is an output: a comment may come before it.
set -euo pipefail

folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/capplan.XXXXXX")
arguments=(--format github --json "$folder/capplan.json")

if [[ ${BASE-} == -* ]]; then
  printf '::error::a base does not begin with -\n'
  exit 2
fi
if [[ -n ${BASE-} ]]; then
  if ! git cat-file -e "$BASE^{commit}" 2>/dev/null; then
    git fetch --quiet --no-tags --depth=1 origin "$BASE" # a shallow checkout does not have it
  fi
  arguments+=(--base "$BASE")
fi
if [[ -n ${POLICY-} ]]; then arguments+=(--policy "$POLICY"); fi

# A file's name is never an option: what follows -- is not.
arguments+=(--)
shopt -s nullglob globstar
while IFS= read -r pattern; do
  [[ -n $pattern ]] || continue
  IFS= # no splitting, so that names may have spaces
  # shellcheck disable=SC2206  # the pattern is to be expanded
  specs=($pattern)
  unset IFS
  if ((${#specs[@]} == 0)); then
    printf '::error::no file matches the pattern of a spec\n'
    printf 'code=7\nverdict=error\n' >>"$GITHUB_OUTPUT"
    exit 0
  fi
  arguments+=("${specs[@]}")
done <<<"${SPECS-}"

code=0
GITHUB_STEP_SUMMARY=$folder/comment.md capplan check "${arguments[@]}" || code=$?
if [[ -s $folder/comment.md && -n ${GITHUB_STEP_SUMMARY-} ]]; then cat -- "$folder/comment.md" >>"$GITHUB_STEP_SUMMARY"; fi
printf 'code=%s\njson_path=%s\n' "$code" "$folder/capplan.json" >>"$GITHUB_OUTPUT"
if [[ ! -s $folder/capplan.json ]]; then printf 'verdict=error\n' >>"$GITHUB_OUTPUT"; fi
