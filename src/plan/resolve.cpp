#include "plan/resolve.h"

#include "core/number_text.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr Text kDefaultSite = "colocation-us";

std::string list(const std::vector<Text>& ids) { return join({ids.begin(), ids.end()}, ", "); }

class Binder {
 public:
  Binder(const PlanSpec& spec, const Catalog& catalog, const PlanSettings& settings, Diagnostics& problems)
      : spec_(spec), catalog_(catalog), settings_(settings), problems_(problems) {}

  void check_names() {
    bind_site();
    find_existing();
    check_quotas();
    for (std::size_t i = 0; i < spec_.workloads.size(); ++i) {
      const std::string path = "workloads[" + std::to_string(i) + "]";
      find_model(spec_.workloads[i], path);
      find_pinned(spec_.workloads[i], path);
      check_stack(spec_.workloads[i]);
      find_places(spec_.workloads[i], path);
    }
  }

  BoundSpec bind() {
    bound_.spec = &spec_;
    bound_.horizon = spec_.horizon.value_or(12 * kMonth);
    bound_.assumptions = spec_.assumptions;
    if (!spec_.horizon) add_assumption(bound_.assumptions, {"horizon", "12 months", "default"});
    bound_.objective = settings_.objective.value_or(spec_.objective.value_or(Objective::kCost));
    if (!spec_.objective && !settings_.objective)
      add_assumption(bound_.assumptions, {"objective", "cost", "default"});
    bind_site();
    find_existing();
    check_quotas();
    bound_.discounting = discounting(spec_.finance, spec_.site.depreciation);
    for (std::size_t i = 0; i < spec_.workloads.size(); ++i) bind_workload(i);
    return std::move(bound_);
  }

 private:
  void error(const Location& where, std::string message, std::string hint = "") {
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }

  void bind_site() {
    const Text wanted = spec_.site.profile ? Text(*spec_.site.profile) : kDefaultSite;
    const Site* site = catalog_.site(wanted);
    if (site == nullptr) {
      std::vector<std::string_view> ids;
      for (const Site& known : catalog_.tables().sites) ids.push_back(known.id);
      error(spec_.site.location, "unknown site `" + std::string(wanted) + "`; expected one of " + join(ids));
    } else if (!spec_.site.profile) {
      add_assumption(bound_.assumptions,
                     {"site.profile", std::string(site->id), "default: " + std::string(site->name)});
    }
    if (site != nullptr) bound_.site = site_terms(*site, spec_.site, catalog_);
    if (spec_.site.shared)
      add_assumption(bound_.assumptions, {"site.shared", plain_number(*spec_.site.shared * 100) + "%",
                                          "the spec: it pays this share of owned hardware"});
  }

  void find_existing() {
    for (const ExistingAccelerators& e : spec_.site.existing) {
      const NameMatch match = catalog_.match_accelerator(e.accelerator);
      const std::string_view near = catalog_.nearest_accelerator(e.accelerator);
      if (match.ids.empty())
        error(e.location, "unknown accelerator `" + e.accelerator + "`",
              near.empty() ? "`capplan hardware list` shows them"
                           : "did you mean `" + std::string(near) + "`?");
      if (match.ids.size() > 1)
        error(e.location, "`" + e.accelerator + "` may be any of " + list(match.ids), "write which");
      if (match.ids.size() == 1)
        add_assumption(bound_.assumptions,
                       {"site.existing", std::to_string(e.count) + " " + std::string(match.ids.front()),
                        "the spec: free for this work, paid for whatever is planned but for their power"});
    }
  }

  // Quotas of providers that nobody knows would bind nothing.
  void check_quotas() {
    for (const Quota& quota : spec_.constraints.quotas) {
      if (catalog_.provider(quota.provider) != nullptr || quota.provider == bound_.site.id) continue;
      std::vector<std::string_view> ids{bound_.site.id};
      for (const Provider& p : catalog_.tables().providers) ids.push_back(p.id);
      const std::string_view near = nearest_name(quota.provider, ids);
      error(spec_.places.nearest("constraints.quotas"),
            "`quotas` names `" + quota.provider + "`, which is neither a provider nor the site",
            near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
    }
  }

  ModelArch find_model(const Workload& w, const std::string& path) {
    if (!w.model.preset) return w.model.arch;
    const NameMatch match = catalog_.match_model(*w.model.preset);
    if (match.ids.empty()) {
      const std::string_view near = catalog_.nearest_model(*w.model.preset);
      error(w.model.location, "unknown model preset `" + *w.model.preset + "`",
            near.empty() ? "`capplan models list` shows them" : "did you mean `" + std::string(near) + "`?");
      return {};
    }
    if (match.ids.size() > 1) {
      error(w.model.location, "`" + *w.model.preset + "` may be any of " + list(match.ids), "write which");
      return {};
    }
    const ModelProfile& model = *catalog_.model(match.ids.front());
    if (!match.exact)
      add_assumption(bound_.assumptions,
                     {path + ".model.preset", std::string(model.id), "`" + *w.model.preset + "` resolved"});
    if (!model.unverified.empty())
      add_assumption(bound_.assumptions,
                     {"model." + std::string(model.id), std::string(model.unverified), "unverified"});
    if (!w.model.image) return model.resolved();
    const ModelArch own = model.resolved();
    const auto resized = at_image_size(own, *w.model.image);
    const std::string name = "`" + std::string(model.id) + "`";
    const std::string pixels = plain_number(own.image_pixels) + " pixels";
    if (!resized && own.image_pixels > 0)
      error(w.model.image_location,
            "the layers of " + name + " cannot see images of this size: too small, or of other axes",
            "its own size has " + pixels);
    else if (!resized)
      error(w.model.image_location, name + " is known at one size alone, or sees no images",
            "leave out `image_size`");
    else if (resized->image_pixels != own.image_pixels)
      add_assumption(bound_.assumptions, {path + ".model.image_size", "work grows with the pixels",
                                          "the preset's layers are for " + pixels});
    return resized.value_or(own);
  }

  // "aws/us-east-1", "aws", "site".
  std::vector<DataPlace> find_places(const Workload& w, const std::string& path) {
    std::vector<DataPlace> places;
    for (const std::string& text : w.dataset.places) {
      const std::string name = text.substr(0, text.find('/'));
      const Provider* provider = catalog_.provider(name);
      if (provider == nullptr && text != "site") {
        std::vector<std::string_view> ids{"site"};
        for (const Provider& p : catalog_.tables().providers) ids.push_back(p.id);
        const std::string_view near = nearest_name(name, ids);
        error(w.dataset.places_location, "`at` names `" + text + "`, which is neither a provider nor `site`",
              near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
        continue;
      }
      const auto slash = text.find('/');
      places.push_back({provider, slash == std::string::npos ? Text{} : Text(text).substr(slash + 1)});
    }
    if (places.empty() && w.kind != WorkloadKind::kServing)
      add_assumption(bound_.assumptions,
                     {path + ".dataset.at", "where it is computed on", "default: nothing has to be moved"});
    if (!places.empty() && !w.dataset.link) {
      const Bandwidth link = Bandwidth::of(catalog_.figure("wan.uplink").value);
      add_assumption(bound_.assumptions,
                     {path + ".dataset.link", plain_number(link.in(1e9 / 8 * kByte / kSecond)) + " Gbit/s",
                      "unverified: wan.uplink"});
    }
    return places;
  }

  // Software of training; a serving engine's name is only noted.
  void check_stack(const Workload& w) {
    if (!is_trained(w.kind) || !w.pin.stack || catalog_.stack(*w.pin.stack) != nullptr) return;
    std::vector<std::string_view> ids;
    for (const Stack& s : catalog_.tables().stacks) ids.push_back(s.id);
    const std::string_view near = nearest_name(*w.pin.stack, ids);
    error(w.pin.location, "unknown stack `" + *w.pin.stack + "`; expected one of " + join(ids),
          near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  }

  const Accelerator* find_pinned(const Workload& w, const std::string& path) {
    if (!w.pin.accelerator) return nullptr;
    const NameMatch match = catalog_.match_accelerator(*w.pin.accelerator);
    if (match.ids.empty()) {
      const std::string_view near = catalog_.nearest_accelerator(*w.pin.accelerator);
      error(
          w.pin.accelerator_location, "unknown accelerator `" + *w.pin.accelerator + "`",
          near.empty() ? "`capplan hardware list` shows them" : "did you mean `" + std::string(near) + "`?");
      return nullptr;
    }
    if (match.ids.size() > 1) {
      error(w.pin.accelerator_location, "`" + *w.pin.accelerator + "` may be any of " + list(match.ids),
            "write which");
      return nullptr;
    }
    if (!match.exact)
      add_assumption(bound_.assumptions, {path + ".pin.accelerator", std::string(match.ids.front()),
                                          "`" + *w.pin.accelerator + "` resolved"});
    return catalog_.accelerator(match.ids.front());
  }

  // Inputs of the user's own are assumptions too: the plan rests on them.
  void assume_inputs(const Workload& w, const std::string& path) {
    const std::string source = w.kind == WorkloadKind::kServing ? "has no effect on serving" : "the spec";
    const Assume& a = w.assume;
    if (a.mfu)
      add_assumption(bound_.assumptions, {path + ".assume.mfu", plain_number(*a.mfu * 100) + "%", source});
    if (a.goodput)
      add_assumption(bound_.assumptions,
                     {path + ".assume.goodput", plain_number(*a.goodput * 100) + "%", source});
    if (a.interconnect)
      add_assumption(bound_.assumptions, {path + ".assume.interconnect",
                                          plain_number(a.interconnect->in(kGB / kSecond)) + " GB/s", source});
  }

  Duration deadline_of(const Workload& w) const {
    const Duration period = w.runs ? w.runs->every / w.runs->each : bound_.horizon;
    return w.deadline.value_or(std::min(period, bound_.horizon));
  }

  void bind_workload(std::size_t index) {
    const Workload& w = spec_.workloads[index];
    const std::string path = "workloads[" + std::to_string(index) + "]";
    BoundWorkload b;
    b.workload = &w;
    const std::size_t before = problems_.size();
    b.model = find_model(w, path);
    b.pinned = find_pinned(w, path);
    check_stack(w);
    b.places = find_places(w, path);
    b.deadline = deadline_of(w);
    // A model that was not found would only bring more errors about what it lacks.
    if (problems_.size() == before)
      b.demand = estimate_demand(w, b.model, bound_.horizon, path, bound_.assumptions, problems_);
    assume_inputs(w, path);
    bound_.workloads.push_back(b);
  }

  const PlanSpec& spec_;
  const Catalog& catalog_;
  const PlanSettings& settings_;
  Diagnostics& problems_;
  BoundSpec bound_;
};

}  // namespace

BoundSpec bind_spec(const PlanSpec& spec, const Catalog& catalog, const PlanSettings& settings,
                    Diagnostics& problems) {
  return Binder(spec, catalog, settings, problems).bind();
}

Diagnostics check_catalog_names(const PlanSpec& spec, const Catalog& catalog) {
  Diagnostics problems;
  const PlanSettings settings;
  Binder(spec, catalog, settings, problems).check_names();
  return problems;
}

}  // namespace capplan
