#include <vector>

#include "catalog/profile_loader.h"
#include "model/model_reader.h"

namespace capplan {
namespace {

using T = ValueType;

const std::vector<Field>& profile_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all{
        {.key = "id", .type = T::kText, .doc = "published name, lower case with hyphens", .required = true},
        {.key = "name", .type = T::kText, .doc = "as people write it", .required = true},
        {.key = "aliases", .type = T::kTexts, .doc = "other names"},
        required(kSourceField),
        required(kAsOfField),
        {.key = "unverified", .type = T::kTexts, .doc = "keys without a source"},
    };
    all.insert(all.end(), model_fields().begin(), model_fields().end());
    return all;
  }();
  return fields;
}

}  // namespace

void load_model(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, profile_fields());
  if (!root) return;
  const Section in(*root, profile_fields());
  ModelProfile m;
  m.id = loader.keep(in.text("id"));
  m.name = loader.keep(in.text("name"));
  m.aliases = loader.keep_list(in.texts("aliases"), '|');
  m.arch = read_model(in, loader.problems);
  m.operators = loader.arena.keep(std::move(m.arch.operators));
  m.arch.operators.clear();
  m.source = loader.keep(in.text("source"));
  m.as_of = loader.keep(in.text("as_of"));
  m.unverified = loader.keep_list(in.texts("unverified"), ',');
  loader.tables.models.push_back(m);
}

}  // namespace capplan
