#include "catalog/profile_loader.h"

namespace capplan {
namespace {

using T = ValueType;

constexpr std::string_view kLosses[] = {"exact", "noise", "some", "task"};

constexpr Field kLever[] = {
    {.key = "id", .type = T::kText, .doc = "that `optimizations:` names", .required = true},
    {.key = "name", .type = T::kText, .doc = "what is done", .required = true},
    {.key = "loss", .type = T::kName, .doc = "of quality", .required = true, .names = kLosses},
    {.key = "quality", .type = T::kText, .doc = "what was measured, on what", .required = true},
    required(kSourceField),
    required(kAsOfField),
};

constexpr Field kFile[] = {
    {.key = "levers", .type = T::kMaps, .doc = "one an entry", .required = true, .fields = kLever},
};

}  // namespace

std::string_view quality_loss_name(QualityLoss loss) { return kLosses[static_cast<std::size_t>(loss)]; }

void load_levers(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, kFile);
  if (!root) return;
  for (const Section& in : Section(*root, kFile).sections("levers")) {
    LeverEvidence lever;
    lever.id = loader.keep(in.text("id"));
    lever.name = loader.keep(in.text("name"));
    const std::string loss = in.text("loss").value_or("task");
    for (std::size_t i = 0; i < std::size(kLosses); ++i) {
      if (kLosses[i] == loss) lever.loss = static_cast<QualityLoss>(i);
    }
    lever.quality = loader.keep(in.text("quality"));
    lever.source = loader.keep(in.text("source"));
    lever.as_of = loader.keep(in.text("as_of"));
    loader.tables.levers.push_back(lever);
  }
}

}  // namespace capplan
