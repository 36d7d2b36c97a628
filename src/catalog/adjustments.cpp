#include "catalog/adjustments.h"

#include <algorithm>
#include <array>
#include <functional>

#include "catalog/accelerator_names.h"
#include "catalog/profile_loader.h"
#include "core/text.h"

namespace capplan {
namespace {

// What a list of a selection is held against.
struct Criterion {
  std::string_view key;
  std::vector<Pattern> Selection::*patterns;
  Text (*value)(const Offer& offer);
};

constexpr std::array<Criterion, 5> kCriteria{
    {{"provider", &Selection::providers, [](const Offer& o) { return o.provider; }},
     {"accelerator", &Selection::accelerators, [](const Offer& o) { return o.accelerator; }},
     {"machine", &Selection::machines, [](const Offer& o) { return o.machine; }},
     {"region", &Selection::regions, [](const Offer& o) { return o.region; }},
     {"purchase", &Selection::purchases, [](const Offer& o) { return Text(purchase_name(o.purchase)); }}}};

bool admits(const std::vector<Pattern>& patterns, Text value) {
  return patterns.empty() ||
         std::ranges::any_of(patterns, [&](const Pattern& p) { return matches_glob(p.text, value); });
}

bool selects(const Selection& selection, const Offer& offer) {
  return std::ranges::all_of(
      kCriteria, [&](const Criterion& c) { return admits(selection.*c.patterns, c.value(offer)); });
}

bool counts(const Offer& offer) { return offer.status == OfferStatus::kOk && offer.price.has_value(); }

void add_text(Text& list, std::string_view text, std::string_view separator, TextArena& arena) {
  if (list.find(text) != Text::npos) return;
  list = list.empty() ? arena.keep(text)
                      : arena.keep(std::string(list) + std::string(separator) + std::string(text));
}

std::string source_text(const Adjustment& a) {
  return std::string(a.name) + ": " + std::string(a.source) + " (" + std::string(a.as_of) + ")";
}

class Application {
 public:
  Application(Tables& tables, TextArena& arena, Diagnostics& problems)
      : tables_(tables), arena_(arena), problems_(problems) {
    for (std::size_t i = 0; i < kCriteria.size(); ++i) values_[i] = values_of(kCriteria[i]);
  }

  void apply(Adjustment& adjustment) {
    if (!resolve_accelerators(adjustment.selection)) return;
    if (report_unknown_names(adjustment.selection)) return;
    if (const auto* grant = std::get_if<CreditGrant>(&adjustment.effect)) {
      add_credit(adjustment, *grant);
    } else if (!apply_to_offers(adjustment)) {
      report_unmatched(adjustment);
    }
  }

 private:
  void error(const Location& where, std::string message, std::string hint = "") {
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }

  std::vector<Text> values_of(const Criterion& criterion) const {
    std::vector<Text> values;
    for (const Offer& offer : tables_.offers) {
      if (counts(offer)) values.push_back(criterion.value(offer));
    }
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
  }

  // A name without `*` may be as loose as in a spec, where one accelerator fits. False where several do.
  bool resolve_accelerators(Selection& selection) {
    bool clear = true;
    std::vector<std::string_view> ids;
    for (const Accelerator& a : tables_.accelerators) ids.push_back(a.id);
    for (Pattern& pattern : selection.accelerators) {
      const bool exact = std::ranges::find(ids, pattern.text) != ids.end();
      if (exact || pattern.text.find('*') != Text::npos) continue;
      std::vector<std::string_view> found;
      for (const std::size_t i : match_names(pattern.text, ids)) found.push_back(ids[i]);
      if (found.size() == 1) pattern.text = arena_.keep(found.front());
      if (found.size() <= 1) continue;
      error(pattern.location,
            "`select.accelerator`: `" + std::string(pattern.text) + "` may be " + join(found, " or "),
            "write which, or `" + std::string(pattern.text) + "*`");
      clear = false;
    }
    return clear;
  }

  bool apply_to_offers(const Adjustment& adjustment) {
    bool matched = false;
    for (Offer& offer : tables_.offers) {
      if (!counts(offer) || !selects(adjustment.selection, offer)) continue;
      matched = true;
      std::visit([&](const auto& effect) { change(offer, adjustment, effect); }, adjustment.effect);
      add_text(offer.adjustment, adjustment.name, "; ", arena_);
    }
    return matched;
  }

  void set_price(Offer& offer, const Adjustment& adjustment, UsdRate price) {
    if (!offer.list_price) offer.list_price = offer.price;
    offer.price = price;
    offer.source = arena_.keep(source_text(adjustment) + "; " + std::string(offer.source));
  }

  void change(Offer& offer, const Adjustment& adjustment, const PriceChange& effect) {
    set_price(offer, adjustment, *offer.price * (1 + effect.share));
  }
  void change(Offer& offer, const Adjustment& adjustment, const AgreedPrice& effect) {
    set_price(offer, adjustment, effect.price * (static_cast<double>(offer.count) * kDevice));
    offer.agreed = true;
  }
  void change(Offer& offer, const Adjustment& adjustment, const HostLicence& effect) {
    offer.host_licence += effect.price;
    add_text(offer.licence_source, source_text(adjustment), "; ", arena_);
  }
  void change(Offer& offer, const Adjustment& adjustment, const AcceleratorLicence& effect) {
    offer.accelerator_licence += effect.price;
    add_text(offer.licence_source, source_text(adjustment), "; ", arena_);
  }
  static void change(Offer& /*offer*/, const Adjustment& /*adjustment*/, const CreditGrant& /*effect*/) {}

  Text names_of(const std::vector<Pattern>& patterns) {
    Text names;
    for (const Pattern& pattern : patterns) add_text(names, pattern.text, ",", arena_);
    return names;
  }

  void add_credit(const Adjustment& adjustment, const CreditGrant& grant) {
    tables_.credits.push_back({adjustment.name,
                               names_of(adjustment.selection.providers),
                               names_of(adjustment.selection.purchases),
                               grant.amount,
                               grant.until,
                               {adjustment.source, adjustment.as_of, false}});
  }

  // Names that no row has, each with the nearest that one has; whether there are any. One of a list is as
  // likely misspelt as one alone.
  bool report_unknown_names(const Selection& selection) {
    bool unknown = false;
    for (std::size_t i = 0; i < kCriteria.size(); ++i) {
      const Criterion& criterion = kCriteria[i];
      const std::vector<Text>& values = values_[i];
      for (const Pattern& pattern : selection.*criterion.patterns) {
        if (std::ranges::any_of(values, [&](Text v) { return matches_glob(pattern.text, v); })) continue;
        const std::string_view near = nearest_name(pattern.text, values);
        error(pattern.location,
              "`select." + std::string(criterion.key) + "`: no price that counts has `" +
                  std::string(pattern.text.substr(0, 60)) + "`",
              near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
        unknown = true;
      }
    }
    return unknown;
  }

  void report_unmatched(const Adjustment& adjustment) {
    error(adjustment.location,
          "`" + std::string(adjustment.name) +
              "` applies to nothing: no price that counts has all that `select` asks for");
  }

  Tables& tables_;
  TextArena& arena_;
  Diagnostics& problems_;
  std::array<std::vector<Text>, kCriteria.size()> values_;  // that rows have, by criterion
};

}  // namespace

void apply_adjustments(std::vector<Adjustment> adjustments, Tables& tables, TextArena& arena,
                       Diagnostics& problems) {
  if (adjustments.empty()) return;
  std::ranges::stable_sort(adjustments, {}, &Adjustment::order);
  Application application(tables, arena, problems);
  for (Adjustment& adjustment : adjustments) application.apply(adjustment);
}

bool Credit::covers(Text provider, Purchase purchase) const {
  const auto admitted = [](Text patterns, Text value) {
    while (!patterns.empty()) {
      const std::size_t comma = patterns.find(',');
      if (matches_glob(patterns.substr(0, comma), value)) return true;
      patterns.remove_prefix(comma == Text::npos ? patterns.size() : comma + 1);
    }
    return false;
  };
  return admitted(providers, provider) && (purchases.empty() || admitted(purchases, purchase_name(purchase)));
}

}  // namespace capplan
