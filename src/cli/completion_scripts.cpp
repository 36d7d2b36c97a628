// Scripts that ask the program: they hold no option and no name, so a newer program needs no newer script.
#include "cli/commands.h"

namespace capplan {
namespace {

constexpr const char* kBash = R"(# Completion of capplan in bash: source <(capplan completion bash)
_capplan() {
  local piece line kind='' before='' word
  local -a words=()
  # bash takes --set, key, = and value for words of their own
  for piece in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if ((${#words[@]})) && [[ $piece == '=' || ${words[${#words[@]}-1]} == *= ]]; then
      words[${#words[@]}-1]+=$piece
    else
      words+=("$piece")
    fi
  done
  word=${words[${#words[@]}-1]}
  if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then before=${word%"${word##*=}"}; fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
    else
      line=${line%%$'\t'*}
      COMPREPLY+=("${line#"$before"}")
    fi
  done < <(command capplan __complete "${words[@]}" 2>/dev/null)
  word=${word#"$before"}
  case $kind in
    open) compopt -o nospace ;;
    files | specs)
      compopt -o filenames
      while IFS= read -r line; do
        if [[ $kind == files || -d $line || $line == *.yaml || $line == *.yml ]]; then COMPREPLY+=("$line"); fi
      done < <(compgen -f -- "$word")
      ;;
    folders)
      compopt -o filenames
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$word")
      ;;
    revisions)
      while IFS= read -r line; do
        if [[ $line == "$word"* ]]; then COMPREPLY+=("$line"); fi
      done < <(command git for-each-ref --format='%(refname:short)' 2>/dev/null)
      ;;
  esac
}
complete -F _capplan capplan
)";

constexpr const char* kZsh = R"(#compdef capplan
# Completion of capplan in zsh: capplan completion zsh > "${fpath[1]}/_capplan"
_capplan() {
  local kind
  local -a lines candidates
  lines=("${(@f)$(command capplan __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$lines[1]
  shift lines
  case $kind in
    files) _files ;;
    specs) _files -g '*.(yaml|yml)' ;;
    folders) _files -/ ;;
    revisions)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      compadd -- "${(@f)$(command git for-each-ref --format='%(refname:short)' 2>/dev/null)}"
      ;;
    words | open)
      candidates=("${(@)lines//:/\\:}")
      candidates=("${(@)candidates/$'\t'/:}")
      if [[ $kind == open ]]; then
        _describe capplan candidates -S ''
      else
        _describe capplan candidates
      fi
      ;;
  esac
}
if [[ $funcstack[1] == _capplan ]]; then
  _capplan "$@"
else
  compdef _capplan capplan
fi
)";

constexpr const char* kFish =
    R"(# Completion of capplan in fish: capplan completion fish > ~/.config/fish/completions/capplan.fish
function __capplan_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -e words[1]
    set -l lines (command capplan __complete $words "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case specs
            __fish_complete_suffix .yaml
            __fish_complete_suffix .yml
        case folders
            __fish_complete_directories "$current"
        case revisions
            set -l before (string match -r -- '^--[^=]*=' "$current")
            command git for-each-ref --format="$before"'%(refname:short)' 2>/dev/null
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end
complete -c capplan -f -a '(__capplan_complete)'
)";

}  // namespace

ExitCode run_completion(const Session& session, const std::string& shell) {
  return session.write(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
}

}  // namespace capplan
