#!/usr/bin/env bash
# Writes the portfolios that docs/performance.md speaks of into DIR: COUNT (10) organisations of WORKLOADS (10)
# workloads and MONTHS (12) months by chance, the same everywhere. Six of ten workloads are recurring trainings and
# fine-tunings, the others are served by a day's curve and grow; some own H100 already; nothing is pinned.
set -euo pipefail

dir=${1:?usage: portfolio_specs.sh DIR [WORKLOADS [MONTHS [COUNT]]]}
workloads=${2:-10}
months=${3:-12}
count=${4:-10}

state=0
# Sets `chosen` to one of the arguments.
pick() {
  state=$(((state * 1103515245 + 12345) & 0x7fffffff))
  local -a of=("$@")
  chosen=${of[$(((state >> 16) % $#))]}
}

# A day by the hour, in hundredths of the mean.
curve=(40 35 30 30 30 35 50 70 90 110 130 140 150 150 150 145 140 135 130 120 110 90 70 50)

run() { # INDEX
  local every each deadline
  printf '  - name: run-%d\n' "$1"
  pick training fine-tuning
  printf '    kind: %s\n' "$chosen"
  pick llama-3-8b llama-2-7b mixtral-8x7b llama-2-13b
  printf '    model: {preset: %s}\n' "$chosen"
  pick 1B 2B 5B 10B 20B 50B
  printf '    dataset: {tokens: %s}\n' "$chosen"
  printf '    training: {epochs: 1, sequence_length: 4096, global_batch: 256, precision: bf16}\n'
  pick week month month
  every=$chosen
  pick 1 1 2 3
  each=$chosen
  printf '    runs: {every: %s, each: %d}\n' "$every" "$each"
  case $every$each in
    week1) pick 3 5 ;;
    week*) pick 1 2 ;;
    *) pick $((7 / each)) $((14 / each)) ;;
  esac
  deadline=$chosen
  printf '    deadline: %d days\n' "$deadline"
}

served() { # INDEX
  local mean hour rates=
  pick llama-3-8b llama-2-7b mixtral-8x7b
  printf '  - name: serve-%d\n    kind: serving\n    model: {preset: %s}\n    traffic:\n' "$1" "$chosen"
  pick 2 5 12 30
  mean=$chosen
  for hour in "${curve[@]}"; do
    printf -v rates '%s%s%d.%02d' "$rates" "${rates:+, }" $((hour * mean / 100)) $((hour * mean % 100))
  done
  printf '      requests_per_second: {by_hour: [%s]}\n' "$rates"
  pick 0 3 5 8
  printf '      growth_per_month: %d%%\n' "$chosen"
  pick 500 1200 2500
  printf '      prompt_tokens: %d\n' "$chosen"
  pick 150 250 500
  printf '      output_tokens: %d\n' "$chosen"
  printf '    slo: {ttft: 1 s, tpot: 60 ms, percentile: 95}\n'
}

portfolio() { # SEED
  local i
  state=$(($1 * 7919))
  printf 'version: 1\nname: portfolio-%d\nhorizon: %d months\n' "$1" "$months"
  pick 0 8 16 32 0 0
  if ((chosen)); then printf 'site:\n  existing: [{accelerator: H100-SXM-80GB, count: %d}]\n' "$chosen"; fi
  printf 'workloads:\n'
  for ((i = 0; i < workloads; i++)); do
    if ((i % 5 < 3)); then run "$i"; else served "$i"; fi
  done
}

mkdir -p -- "$dir"
for ((seed = 1; seed <= count; seed++)); do portfolio "$seed" >"$dir/portfolio-$seed.yaml"; done
