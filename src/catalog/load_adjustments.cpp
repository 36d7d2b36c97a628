// Reads adjustments.yaml.
#include <algorithm>
#include <vector>

#include "catalog/profile_loader.h"
#include "core/text.h"

namespace capplan {
namespace {

using T = ValueType;
constexpr Dim kRateDim{.usd = 1, .second = -1};
constexpr Dim kEachDim{.usd = 1, .second = -1, .device = -1};

constexpr Field names(std::string_view key, std::string_view doc, std::string_view example) {
  return {.key = key, .type = T::kTextOrTexts, .doc = doc, .example = example, .min = 1};
}

constexpr Field kSelect[] = {
    names("provider", "ids of providers", "nebius"),
    names("accelerator", "ids of accelerators", "H100*"),
    names("machine", "the provider's names of machines", "p5.48xlarge"),
    names("region", "regions; a price without one matches `*` alone", "eu-*"),
    names("purchase", "ways of buying", "[on-demand, reserved]"),
};

constexpr Field licence(std::string_view key, std::string_view doc) {
  return {
      .key = key, .type = T::kQuantity, .doc = doc, .example = "$0.40/h", .dim = kRateDim, .above_min = true};
}

constexpr double kMostChange = 10;
constexpr double kMostOrder = 1e6;

constexpr Field kAdjustment[] = {
    {.key = "name", .type = T::kText, .doc = "shown wherever the price is used", .required = true},
    {.key = "select", .type = T::kMap, .doc = "the prices it is for; absent: all", .fields = kSelect},
    {.key = "change",
     .type = T::kRatio,
     .doc = "of the price as it stands",
     .example = "-15%",
     .min = -1,
     .max = kMostChange,
     .above_min = true},
    // USD/h, or USD/accelerator/h where it is written so.
    {.key = "price",
     .type = T::kQuantity,
     .doc = "of one accelerator, in place of the price",
     .example = "$2.10/h",
     .dim = kRateDim,
     .above_min = true},
    licence("licence_per_host", "added, of each machine"),
    licence("licence_per_accelerator", "added, of each accelerator"),
    {.key = "credits",
     .type = T::kQuantity,
     .doc = "offsets what is paid to the provider until it is spent",
     .example = "$100k",
     .dim = {.usd = 1},
     .above_min = true},
    {.key = "until", .type = T::kDate, .doc = "last day of `credits`", .example = "2027-03-01"},
    {.key = "order",
     .type = T::kNumber,
     .doc = "lower ones apply first; default 0",
     .example = "10",
     .min = -kMostOrder,
     .max = kMostOrder},
    required(kSourceField),
    required(kAsOfField),
    kNotesField,
};

constexpr std::string_view kEffects[] = {"change", "price", "licence_per_host", "licence_per_accelerator",
                                         "credits"};

std::vector<Field> adjustment_fields(ProfileLoader& loader, const YamlNode& item) {
  std::vector<Field> fields(std::begin(kAdjustment), std::end(kAdjustment));
  const auto unit = loader.stated_unit(item, "price", loader.rates_on(std::nullopt));
  if (unit && *unit == kEachDim) std::ranges::find(fields, "price", &Field::key)->dim = kEachDim;
  return fields;
}

class Reader {
 public:
  Reader(ProfileLoader& loader, const Section& in) : loader_(loader), in_(loader.dated(in)) {}

  void read() {
    Adjustment a;
    a.name = loader_.keep(in_.text("name"));
    a.selection = read_selection(in_.section("select"));
    a.order = in_.number("order").value_or(0);
    a.as_of = loader_.keep(in_.text("as_of"));
    a.location = in_.location("name");
    if (!has_one_effect()) return;
    check_credit_keys();
    if (in_.has("change")) a.effect = PriceChange{in_.number("change").value_or(0)};
    if (in_.has("price")) a.effect = AgreedPrice{DevicePrice::of(in_.number("price").value_or(0))};
    if (in_.has("licence_per_host"))
      a.effect = HostLicence{in_.quantity<kRateDim>("licence_per_host").value_or(UsdRate{})};
    if (in_.has("licence_per_accelerator"))
      a.effect =
          AcceleratorLicence{in_.quantity<kRateDim>("licence_per_accelerator").value_or(UsdRate{}) / kDevice};
    if (in_.has("credits"))
      a.effect = CreditGrant{in_.usd("credits").value_or(Usd{}), loader_.keep(in_.text("until"))};
    a.source = source();
    loader_.adjustments.push_back(std::move(a));
  }

 private:
  void error(const Location& where, std::string message, std::string hint = "") {
    loader_.problems.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }

  std::vector<Pattern> patterns(const Section& select, std::string_view key) {
    std::vector<Pattern> found;
    for (const YamlNode* node : select.items(key))
      found.push_back({loader_.arena.keep(node->scalar), node->location});
    return found;
  }

  Selection read_selection(const Section& select) {
    if (!select) return {};
    return {patterns(select, "provider"), patterns(select, "accelerator"), patterns(select, "machine"),
            patterns(select, "region"), patterns(select, "purchase")};
  }

  bool has_one_effect() {
    std::vector<std::string_view> stated;
    for (const std::string_view effect : kEffects) {
      if (in_.has(effect)) stated.push_back(effect);
    }
    if (stated.size() == 1) return true;
    const std::string all = join({std::begin(kEffects), std::end(kEffects)});
    error(in_.location(),
          stated.empty() ? "an adjustment needs one of " + all
                         : "an adjustment does one thing, and not " + join(stated, " and "),
          stated.empty() ? "" : "write an adjustment for each");
    return false;
  }

  void check_credit_keys() {
    if (!in_.has("credits")) {
      if (in_.has("until")) error(in_.key_location("until"), "`until` belongs to `credits`");
      return;
    }
    const Section select = in_.section("select");
    if (!select || !select.has("provider"))
      error(in_.key_location("credits"), "`credits` are one provider's: `select` lacks `provider`",
            "add `select: {provider: …}`");
    for (const std::string_view key : {"accelerator", "machine", "region"}) {
      if (select && select.has(key))
        error(select.key_location(key),
              "`credits` are spent on all that is paid to a provider: `select` takes provider and purchase",
              "remove `" + std::string(key) + "`");
    }
  }

  // With the amount as written, where that says more than its value.
  Text source() {
    std::string source = in_.text("source").value_or("");
    for (const std::string_view key : kEffects) {
      const std::string stated = loader_.stated_amount(in_, key);
      if (!stated.empty()) source += ", " + stated;
    }
    return loader_.arena.keep(source);
  }

  ProfileLoader& loader_;
  Section in_;
};

}  // namespace

void load_adjustments(ProfileLoader& loader, const SourceText& source) {
  Result<YamlNode> root = parse_yaml(source);
  if (!root) {
    loader.problems.insert(loader.problems.end(), root.error().begin(), root.error().end());
    return;
  }
  if (root->kind != YamlNode::Kind::kList) {
    loader.problems.push_back({Severity::kError, root->location,
                               "an adjustments file is a list of adjustments",
                               "begin each with `- name: …`"});
    return;
  }
  for (YamlNode& item : root->items) {
    const std::vector<Field> fields = adjustment_fields(loader, item);
    const YamlNode* name = item.find("name");
    loader.check(item, fields, loader.path + " " + (name == nullptr ? "" : name->scalar + "."));
    if (item.kind == YamlNode::Kind::kMap) Reader(loader, Section(item, fields)).read();
  }
}

}  // namespace capplan
