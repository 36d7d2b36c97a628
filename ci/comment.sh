#!/usr/bin/env bash
# usage: comment.sh changed|increase|violation NUMBER FOLDER
# Puts FOLDER/comment.md on pull request NUMBER where FOLDER/capplan.json calls for it. A comment of an earlier
# run is written over in any case: it must not say what no longer holds. What stands in FOLDER may be a
# stranger's; it is sent as data, never run.
set -euo pipefail

when=${1:?} number=${2:?} folder=${3:?}
tag='<!-- capplan:tag=default -->'
repository=${GITHUB_REPOSITORY:?}

[[ $number =~ ^[1-9][0-9]*$ ]] || { printf '::error::no number of a pull request\n'; exit 2; }
comment=$folder/comment.md json=$folder/capplan.json
[[ -s $comment && -s $json ]] || { printf 'capplan: nothing to comment\n'; exit 0; }
IFS= read -r first <"$comment" || true
if [[ $first != "$tag" ]] || (($(wc -c <"$comment") > 65000)); then
  printf '::error::comment.md is no comment of capplan\n'
  exit 3
fi

case $when in
  changed) wanted='(.delta_usd // 0) != 0 or .verdict == "deny" or .verdict == "error"' ;;
  increase) wanted='(.delta_usd // 0) > 0' ;;
  violation) wanted='.verdict == "deny" or .verdict == "error"' ;;
  *)
    printf '::error::comment is never, changed, increase or violation\n'
    exit 2
    ;;
esac
wanted=$(jq -r "if $wanted then \"yes\" else \"no\" end" "$json")

earlier=$(gh api --paginate "repos/$repository/issues/$number/comments" |
  jq -rs --arg tag "$tag" 'add // [] | map(select(.user.type == "Bot" and (.body | startswith($tag)))) | first | .id // ""')
if [[ -n $earlier ]]; then
  gh api --silent --method PATCH "repos/$repository/issues/comments/$earlier" --field "body=@$comment"
elif [[ $wanted == yes ]]; then
  gh api --silent --method POST "repos/$repository/issues/$number/comments" --field "body=@$comment"
fi
