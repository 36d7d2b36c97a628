#!/usr/bin/env bash
# Makes a repository of 2,000 specs in the empty folder DIR, with a policy of rules of state, to time
# `capplan check --base HEAD` in it: docs/performance.md, section "The gate".
set -euo pipefail

dir=${1:?usage: gate_specs.sh DIR}
readonly accelerators=(H100-SXM-80GB A100-SXM-80GB L40S-48GB MI300X-192GB H200-SXM-141GB)
readonly tuned=(llama-3-8b llama-2-7b mistral-7b llama-2-13b)
readonly trained=(llama-3-8b llama-2-7b mixtral-8x7b)
readonly served=(llama-3-8b mistral-7b llama-3-70b)
readonly nets=(resnet-50 convnext-b densenet-121)

mkdir -p "$dir/.capplan" "$dir/specs"
cd "$dir"
cat >.capplan/policy.yaml <<'END'
version: 1
rules:
  - {id: budget, when: {infeasible: budget}}
  - {id: late, when: {infeasible: deadline}}
  - {id: likely-over, when: {probability: "P(total_cost > budget) > 10%"}}
  - {id: old-prices, when: {price_age: ">400 days"}, level: warn}
  - {id: assumed, when: {assumption_share: ">90%"}, level: warn}
  - {id: carbon, when: {metric: co2e, value: ">900 t"}, level: warn}
END

# The lines that every spec begins with; every other one pins an accelerator.
begin() { # NUMBER NAME
  printf 'version: 1\nname: %s-%04d\nconstraints: {budget: $40M}\n' "$2" "$1"
  if (($1 % 2)); then printf 'pin: {accelerator: %s}\n' "${accelerators[$1 / 2 % 5]}"; fi
}

tune() { # NUMBER
  begin "$1" tune
  printf 'kind: fine-tuning\nmodel: {preset: %s}\ndataset: {tokens: %dM}\n' "${tuned[$1 / 10 % 4]}" $((50 + $1))
  printf 'training: {epochs: %d, sequence_length: %d, global_batch: %d}\noptimizations: [lora]\n' \
    $((1 + $1 / 40 % 3)) $((1024 << $1 / 120 % 3)) $((32 << $1 / 360 % 3))
}

pretrain() { # NUMBER
  begin "$1" pretrain
  printf 'model: {preset: %s}\ndataset: {tokens: %dB}\n' "${trained[$1 / 10 % 3]}" $((20 + $1))
  printf 'training: {sequence_length: %d, global_batch: %d}\n' $((2048 << $1 / 30 % 3)) $((512 << $1 / 90 % 2))
}

serve() { # NUMBER
  begin "$1" serve
  printf 'kind: serving\nmodel: {preset: %s}\n' "${served[$1 / 10 % 3]}"
  printf 'traffic: {requests_per_second: {mean: %d, peak: %d}, prompt_tokens: %d, output_tokens: %d}\n' \
    $((1 + $1 / 30)) $((4 + $1 / 15)) $((300 + $1)) $((100 + $1 / 2))
}

see() { # NUMBER
  begin $((2 * $1)) see
  printf 'model: {preset: %s}\ndataset: {samples: %d}\n' "${nets[$1 % 3]}" $((1000000 + 5000 * $1))
  printf 'training: {epochs: %d, global_batch: %d}\n' $((30 + $1 / 3 % 10 * 10)) $((256 << $1 / 30 % 3))
}

make() { # COUNT KIND
  local i
  for ((i = 0; i < $1; ++i)); do "$2" "$i" >"specs/$2-$(printf '%04d' "$i").yaml"; done
}

make 900 tune
make 300 pretrain
make 500 serve
make 300 see
git init -q
git add -A
git -c user.name=bench -c user.email=bench@localhost commit -q -m 'Two thousand specs'
