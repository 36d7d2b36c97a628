#include <algorithm>

#include "catalog/profile_loader.h"

namespace capplan {
namespace {

using T = ValueType;

constexpr std::string_view kAttentionNames[] = {"unfused", "flash-1", "flash-2", "vendor"};
constexpr std::string_view kFusionNames[] = {"eager", "fused"};
constexpr std::string_view kPlatformNames[] = {"cuda",    "rocm", "xla",    "neuron",
                                               "synapse", "cann", "oneapi", "cpu"};

constexpr std::string_view kParallelismNames[] = {"tensor",      "sequence", "pipeline",
                                                  "interleaved", "context",  "expert"};

constexpr std::string_view kRecomputeNames[] = {"selective", "partial"};

constexpr Field kStack[] = {
    {.key = "id", .type = T::kText, .doc = "that a spec pins", .required = true},
    {.key = "name", .type = T::kText, .doc = "what it is", .required = true},
    {.key = "frameworks",
     .type = T::kTexts,
     .doc = "what a record's framework contains, lower case",
     .required = true},
    {.key = "platform", .type = T::kName, .doc = "it runs on", .required = true, .names = kPlatformNames},
    {.key = "since",
     .type = T::kInteger,
     .doc = "year; the newest of a platform is its default",
     .required = true,
     .min = 2012,
     .max = 2100},
    {.key = "attention", .type = T::kName, .doc = "kernels", .required = true, .names = kAttentionNames},
    {.key = "fusion",
     .type = T::kName,
     .doc = "of element-wise operators with what they follow; default fused",
     .names = kFusionNames},
    {.key = "for_operators", .type = T::kBool, .doc = "runs models of any operators, not only transformers"},
    {.key = "host_bound", .type = T::kBool, .doc = "kernels are launched one by one from the host"},
    {.key = "tensor_overlap",
     .type = T::kBool,
     .doc = "tensor-parallel collectives run beneath matrix products"},
    {.key = "gradient_overlap", .type = T::kBool, .doc = "gradients are reduced beneath the backward pass"},
    {.key = "ring_balanced", .type = T::kBool, .doc = "context parallelism deals causal work out evenly"},
    {.key = "shard_in_domain", .type = T::kBool, .doc = "fully sharded state stays inside a link domain"},
    {.key = "fused_experts",
     .type = T::kBool,
     .doc = "routing, sorting and experts run in few kernels, on Blackwell"},
    {.key = "hybrid_tables",
     .type = T::kBool,
     .doc =
         "embedding tables are dealt out row by row, frequent rows of one look-up a sample kept everywhere; "
         "default whole tables"},
    {.key = "tunes_plainly",
     .type = T::kBool,
     .doc = "eager kernels, 16-bit state, data not packed: fine-tuning as published recipes do it"},
    {.key = "stops_early", .type = T::kBool, .doc = "full recompute ends with the last value that is needed"},
    {.key = "counts_recompute", .type = T::kBool, .doc = "its published FLOP/s count recomputed work too"},
    {.key = "loss_chunks",
     .type = T::kInteger,
     .doc = "pieces of the logits whose loss is taken one after another",
     .min = 1,
     .max = 1024},
    {.key = "gradient_bytes",
     .type = T::kNumber,
     .doc = "of a gradient when it is reduced",
     .min = 1,
     .max = 4},
    {.key = "selective_share",
     .type = T::kRatio,
     .doc = "of matrix products that selective recompute repeats",
     .max = 1},
    {.key = "interleaves", .type = T::kBool, .doc = "pipelines are interleaved where not said"},
    {.key = "sequence_parallel", .type = T::kBool, .doc = "with tensor parallelism where not said"},
    {.key = "zero_stage", .type = T::kInteger, .doc = "where not said", .max = 3},
    {.key = "parallelism",
     .type = T::kNames,
     .doc = "what it can divide a run by, beside data; all where not said",
     .names = kParallelismNames},
    {.key = "recompute",
     .type = T::kNames,
     .doc = "that it has, beside none and that of every layer; both where not said",
     .names = kRecomputeNames},
    {.key = "zero_stages", .type = T::kIntegers, .doc = "that it has; all where not said", .max = 3},
    required(kSourceField),
    required(kAsOfField),
    kNotesField,
};

// An open layout is searched among what the software can do.
void read_abilities(const Section& in, Stack& s) {
  const auto names = [&](std::string_view key,
                         std::initializer_list<std::pair<std::string_view, bool*>> flags) {
    if (!in.has(key)) return;
    const std::vector<std::string> able = in.texts(key);
    for (const auto& [name, flag] : flags) *flag = std::find(able.begin(), able.end(), name) != able.end();
  };
  names("parallelism", {{"tensor", &s.tensor},
                        {"sequence", &s.sequence},
                        {"pipeline", &s.pipeline},
                        {"interleaved", &s.interleaved},
                        {"context", &s.context},
                        {"expert", &s.expert}});
  names("recompute", {{"selective", &s.selective_recompute}, {"partial", &s.partial_recompute}});
  if (!in.has("zero_stages")) return;
  s.zero_stages = 0;
  for (const double stage : in.numbers("zero_stages")) s.zero_stages |= 1U << static_cast<unsigned>(stage);
}

}  // namespace

void load_stack(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, kStack);
  if (!root) return;
  const Section in(*root, kStack);
  Stack s;
  s.id = loader.keep(in.text("id"));
  s.name = loader.keep(in.text("name"));
  s.frameworks = loader.keep_list(in.texts("frameworks"), '|');
  s.platform = find_platform(in.text("platform").value_or("")).value_or(s.platform);
  s.since = static_cast<int>(in.number("since").value_or(0));
  s.attention = find_attention_kernel(in.text("attention").value_or("")).value_or(s.attention);
  s.fusion = in.text("fusion") == "eager" ? Fusion::kEager : Fusion::kFused;
  s.for_operators = in.flag("for_operators").value_or(s.for_operators);
  s.host_bound = in.flag("host_bound").value_or(s.host_bound);
  s.tensor_overlap = in.flag("tensor_overlap").value_or(s.tensor_overlap);
  s.gradient_overlap = in.flag("gradient_overlap").value_or(s.gradient_overlap);
  s.ring_balanced = in.flag("ring_balanced").value_or(s.ring_balanced);
  s.shard_in_domain = in.flag("shard_in_domain").value_or(s.shard_in_domain);
  s.fused_experts = in.flag("fused_experts").value_or(s.fused_experts);
  s.hybrid_tables = in.flag("hybrid_tables").value_or(s.hybrid_tables);
  s.tunes_plainly = in.flag("tunes_plainly").value_or(s.tunes_plainly);
  s.stops_early = in.flag("stops_early").value_or(s.stops_early);
  s.counts_recompute = in.flag("counts_recompute").value_or(s.counts_recompute);
  s.loss_chunks = static_cast<int>(in.number("loss_chunks").value_or(s.loss_chunks));
  s.gradient_bytes = in.number("gradient_bytes").value_or(s.gradient_bytes);
  s.selective_share = in.number("selective_share").value_or(s.selective_share);
  s.interleaves = in.flag("interleaves").value_or(s.interleaves);
  s.sequence_parallel = in.flag("sequence_parallel").value_or(s.sequence_parallel);
  s.zero_stage = static_cast<int>(in.number("zero_stage").value_or(s.zero_stage));
  read_abilities(in, s);
  s.source = loader.keep(in.text("source"));
  s.as_of = loader.keep(in.text("as_of"));
  s.notes = loader.keep(in.text("notes"));
  loader.tables.stacks.push_back(s);
}

}  // namespace capplan
