#include "cli/command_texts.h"

#include <algorithm>

namespace capplan {
namespace {

constexpr Example kProgram[] = {
    {"capplan init", "write a starter spec, workload.yaml"},
    {"capplan estimate workload.yaml", "demand, and the ranked plan"},
    {"capplan prices list --accelerator H100 --max-price 4", "what can be rented today"}};
constexpr Example kEstimate[] = {
    {"capplan estimate workload.yaml", "the best plan of each option"},
    {"capplan estimate workload.yaml --top 20 --width 160",
     "the best of each provider and accelerator, all columns"},
    {"capplan estimate workload.yaml --format json -o plan.json", "the whole result, for programs"},
    {"capplan estimate - --objective time <workload.yaml", "from standard input, the fastest first"}};
constexpr Example kSensitivity[] = {
    {"capplan sensitivity workload.yaml", "the longest swing first, and where another plan wins"}};
constexpr Example kBreakEven[] = {
    {"capplan breakeven workload.yaml", "from which use, and after how long, owning and commitments pay"}};
constexpr Example kExplain[] = {
    {"capplan explain workload.yaml", "the short names that the result has, with their values"},
    {"capplan explain workload.yaml total", "down to lines of the spec, price rows, formulas and sources"},
    {"capplan explain workload.yaml plans[0].cost.p90_usd --format csv", "a row a node"}};
constexpr Example kCompare[] = {
    {"capplan compare workload.yaml --set deadline=10d,20d,30d", "one spec under three deadlines"},
    {"capplan compare workload.yaml --set pin.accelerator=H100-SXM-80GB,H200-SXM-141GB --set "
     "dataset.tokens=50B,100B",
     "all four combinations"},
    {"capplan compare workload.yaml --set pin.count=8,16,32 --format csv -o counts.csv", "a row a scenario"}};
constexpr Example kDiff[] = {
    {"capplan diff --base origin/main", "all specs of the repository against the working tree"},
    {"capplan diff old.yaml new.yaml", "two specs, each under its own lock"},
    {"capplan diff before.json after.json --format markdown", "two results, for a review"}};
constexpr Example kCheck[] = {
    {"capplan check workload.yaml", "budget, deadline and constraints hold"},
    {"capplan check --base origin/main", "what changed since then in all specs of the repository"},
    {"capplan check --base origin/main --format markdown -o comment.md", "a comment on a pull request"}};
constexpr Example kPolicyTest[] = {{"capplan policy test", "the cases of .capplan/policy-test.yaml"}};
constexpr Example kBacktest[] = {{"capplan backtest runs.jsonl", "how far each prediction is off"},
                                 {"capplan backtest runs.jsonl --format json", "the same for programs"}};
constexpr Example kCalibrate[] = {
    {"capplan calibrate runs.jsonl -o profiles/calibration.yaml", "constants fitted to your own runs"},
    {"capplan calibrate runs.jsonl --leave-out accelerator",
     "how well each is predicted by a fit without it"}};
constexpr Example kInit[] = {{"capplan init", "a training run, into workload.yaml"},
                             {"capplan init chat.yaml --kind serving", "a service"},
                             {"capplan init - --kind fine-tuning", "to standard output"}};
constexpr Example kSchema[] = {
    {"capplan schema -o capplan.schema.json", "for the editor; `init` refers to it"},
    {"capplan schema policy", "of .capplan/policy.yaml"}};
constexpr Example kHardwareList[] = {
    {"capplan hardware list --vendor nvidia --sort memory_gib", "by memory"}};
constexpr Example kHardwareShow[] = {
    {"capplan hardware show h100-sxm-80gb", "its figures with their sources"}};
constexpr Example kModelsList[] = {
    {"capplan models list --architecture transformer", "what `preset:` may name"}};
constexpr Example kModelsShow[] = {{"capplan models show llama-3-8b", "its shape and where that is from"}};
constexpr Example kPricesList[] = {
    {"capplan prices list --accelerator H100 --max-price 4", "at most $4 an accelerator and hour"},
    {"capplan prices list --provider 'a*' --purchase spot --format csv",
     "spot of providers that begin with a"}};
constexpr Example kPricesShow[] = {
    {"capplan prices show H100-SXM-80GB", "the cheapest first"},
    {"capplan prices show H100-SXM-80GB --history", "with the rows that do not count"}};
constexpr Example kPricesImport[] = {
    {"capplan prices import quotes.csv --into mine --as-of 2026-11-01", "into a folder for --profiles"}};
constexpr Example kPricesLock[] = {
    {"capplan prices lock workload.yaml", "writes capplan.lock at the root of the repository"}};
constexpr Example kPricesVerify[] = {{"capplan prices verify", "the lock here or in a folder above"}};
constexpr Example kPricesDiff[] = {
    {"capplan prices diff", "what this program has differently from the lock"}};
constexpr Example kConfigList[] = {{"capplan config list --show-origin", "each value, and where it is from"}};
constexpr Example kConfigGet[] = {{"capplan config get format", "one value"}};
constexpr Example kCompletion[] = {
    {"source <(capplan completion bash)", "in ~/.bashrc"},
    {"capplan completion zsh > \"${fpath[1]}/_capplan\"", "once"},
    {"capplan completion fish > ~/.config/fish/completions/capplan.fish", "once"}};
constexpr Example kHelp[] = {{"capplan help prices list", "the same as `capplan prices list --help`"},
                             {"capplan help --man | man -l -", "the manual"}};

constexpr CommandText kTexts[] = {
    {"capplan", "", kProgram},
    {"capplan estimate",
     "There are four ways of getting compute: general clouds, specialised rental providers, hardware of "
     "one's "
     "own, and hybrids of owned and rented hardware. The best plan of each is shown.",
     kEstimate},
    {"capplan sensitivity",
     "The cost of the cheapest plan at the P10 and the P90 of each uncertain input, and the values at which "
     "another plan becomes the cheapest.",
     kSensitivity},
    {"capplan breakeven",
     "Buying against renting, and commitments against paying by the hour, with and without a price of time.",
     kBreakEven},
    {"capplan explain",
     "A node that came before is shown by its value alone; json and csv have every node with all its parts.",
     kExplain},
    {"capplan compare",
     "Values are YAML, `null` takes a key away. In a spec of several workloads the keys of one begin with "
     "its "
     "name.",
     kCompare},
    {"capplan diff",
     "A change is split into what the spec, the prices and the program changed; the parts sum to it exactly. "
     "Each changed key of a spec is set back alone to see what it costs.",
     kDiff},
    {"capplan check",
     "The policy is .capplan/policy.yaml of the repository; without one, budgets, deadlines and constraints "
     "must "
     "hold. The last line on standard error is for scripts.",
     kCheck},
    {"capplan policy test", "Exactly the rules that a case expects must fire.", kPolicyTest},
    {"capplan backtest", "", kBacktest},
    {"capplan calibrate", "The result is a profile, for --profiles.", kCalibrate},
    {"capplan init", "", kInit},
    {"capplan schema", "", kSchema},
    {"capplan hardware list", "", kHardwareList},
    {"capplan hardware show",
     "A name may differ by case, separators, vendor prefix, or a missing memory size or form factor.",
     kHardwareShow},
    {"capplan models list", "", kModelsList},
    {"capplan models show", "", kModelsShow},
    {"capplan prices list", "", kPricesList},
    {"capplan prices show", "", kPricesShow},
    {"capplan prices import", "", kPricesImport},
    {"capplan prices lock",
     "The lock holds the profiles that the specs rest on, with a SHA-256 of every row. Commands that plan a "
     "spec take the lock in its folder or in one above, up to the root of its repository.",
     kPricesLock},
    {"capplan prices verify", "Ends with 6 where a row is not the one that was locked.", kPricesVerify},
    {"capplan prices diff", "", kPricesDiff},
    {"capplan config list",
     "Flags count first, then variables CAPPLAN_*, then .capplan/config.yaml of the repository, then "
     "capplan/config.yaml of $XDG_CONFIG_HOME.",
     kConfigList},
    {"capplan config get", "", kConfigGet},
    {"capplan completion", "", kCompletion},
    {"capplan help", "", kHelp}};

}  // namespace

std::span<const CommandText> command_texts() { return kTexts; }

const CommandText* find_command_text(std::string_view command) {
  const auto* found = std::ranges::find(kTexts, command, &CommandText::command);
  return found == std::end(kTexts) ? nullptr : found;
}

}  // namespace capplan
