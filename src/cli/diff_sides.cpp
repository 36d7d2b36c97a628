#include "cli/diff_sides.h"

#include <algorithm>
#include <functional>
#include <ostream>
#include <set>

#include "cli/plan_input.h"
#include "cli/repository.h"
#include "core/text.h"
#include "input/source_text.h"
#include "input/yaml.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 200'000;  // of a working tree that is looked through
constexpr std::size_t kMostFiles = 2'000;      // YAML files that are looked into

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

bool is_hidden(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) {
    return part.string().starts_with('.') && part != "." && part != "..";
  });
}

// YAML files below `root`, by their paths from it; no hidden folders, no links. Nothing where there are too
// many entries.
std::optional<std::set<std::string>> yaml_below(const fs::path& root) {
  std::set<std::string> found;
  std::error_code error;
  std::size_t entries = 0;
  auto it = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (++entries > kMostEntries) return std::nullopt;
    const std::string name = it->path().filename().string();
    if (name.starts_with('.')) {
      it.disable_recursion_pending();
    } else if (is_yaml(it->path()) && !it->is_symlink(error) && it->is_regular_file(error)) {
      found.insert(it->path().lexically_relative(root).generic_string());
    }
  }
  return found;
}

// Those of a lock that was met before, else what `load` gives.
std::shared_ptr<const SpecCatalog> prices_under(
    std::map<std::string, LoadedPrices>& known, const std::string& lock, ExitCode& failure,
    const std::function<std::optional<SpecCatalog>(ExitCode&)>& load) {
  const auto [entry, fresh] = known.try_emplace(lock);
  LoadedPrices& prices = entry->second;
  if (fresh) {
    if (auto catalog = load(prices.failure))
      prices.catalog = std::make_shared<const SpecCatalog>(std::move(*catalog));
  }
  if (prices.catalog == nullptr)
    failure = prices.failure == ExitCode::kUsage ? prices.failure : worse_of(failure, prices.failure);
  return prices.catalog;
}

}  // namespace

bool looks_like_spec(const std::string& text) {
  if (text.find("version") == std::string::npos) return false;
  const Result<YamlNode> root = parse_yaml({"", text});
  if (!root || root->kind != YamlNode::Kind::kMap || root->find("version") == nullptr) return false;
  const YamlNode* model = root->find("model");
  return (model != nullptr && model->kind != YamlNode::Kind::kScalar) || root->find("workloads") != nullptr;
}

std::shared_ptr<const SpecCatalog> WorkingTree::prices_of(const std::string& spec, ExitCode& failure) {
  return prices_under(prices_, lock_of(session_, spec), failure,
                      [&](ExitCode& why) { return load_catalog_of(session_, {spec}, why); });
}

std::optional<PricedSpec> WorkingTree::read(const std::string& path, ExitCode& failure) {
  const auto source = read_source(path, kYamlLimit);
  if (!source) {
    session_.report_file(printable(source.error().path), source.error().reason);
    failure = ExitCode::kFile;
    return std::nullopt;
  }
  auto prices = prices_of(path, failure);
  if (prices == nullptr) return std::nullopt;
  return PricedSpec{{source->name, source->text, reader_beside(path)}, std::move(prices)};
}

std::optional<BaseCommit> BaseCommit::open(const Session& session, const fs::path& from,
                                           const std::string& revision, ExitCode& failure) {
  const fs::path root = repository_of(from);
  const auto fail = [&](ExitCode code, const std::string& reason) {
    session.err() << "capplan: " << reason << "\n";
    failure = code;
    return std::nullopt;
  };
  if (root.empty()) return fail(ExitCode::kUsage, "--base needs a git repository, and here is none");
  auto git = Git::open(root);
  if (!git) return fail(ExitCode::kFile, git.error());
  const auto commit = git->commit(revision);
  if (!commit) return fail(ExitCode::kUsage, "--base " + printable(revision) + ": " + commit.error());
  return BaseCommit(session, std::move(*git), root, printable(revision), *commit);
}

std::optional<std::vector<std::string>> BaseCommit::spec_paths(ExitCode& failure) const {
  const auto fail = [&](const std::string& reason) {
    session_->err() << "capplan: " << reason << ": name the specs\n";
    failure = ExitCode::kFile;
    return std::nullopt;
  };
  const auto stored = git_.files(commit_, {".yaml", ".yml"});
  if (!stored) return fail(stored.error());
  auto paths = yaml_below(root_);
  if (!paths) return fail("the working tree is too large to look through");
  for (const std::string& path : *stored) {
    if (!is_hidden(path)) paths->insert(path);
  }
  if (paths->size() > kMostFiles) return fail("there are more than 2,000 YAML files");
  std::vector<std::string> specs;
  for (const std::string& path : *paths) {
    const auto now = read_source((root_ / path).string(), kYamlLimit);
    bool is_spec = now && looks_like_spec(now->text);
    if (!is_spec) {
      const auto then = git_.read(commit_, path, kYamlLimit);
      is_spec = then && *then && looks_like_spec(**then);
    }
    if (is_spec) specs.push_back(path);
  }
  return specs;
}

ReadFile BaseCommit::reader_beside(const std::string& path) const {
  const fs::path folder = fs::path(path).parent_path();
  return [this, folder](const std::string& named) -> tl::expected<std::string, std::string> {
    const fs::path inside = (folder / named).lexically_normal();
    if (inside.is_absolute() || inside.empty() || *inside.begin() == "..")
      return tl::unexpected(std::string("is outside the repository"));
    auto text = git_.read(commit_, inside.generic_string(), kYamlLimit);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return tl::unexpected("is not in " + revision_);
    return std::move(**text);
  };
}

std::optional<std::string> BaseCommit::find_lock(const std::string& spec, std::string& path,
                                                 ExitCode& failure) const {
  path.clear();
  std::vector<fs::path> places;
  std::error_code error;
  if (!session_->options().lock.empty()) {
    places.push_back(fs::weakly_canonical(session_->options().lock, error).lexically_relative(root_));
  } else {
    for (fs::path at = fs::path(spec).parent_path();; at = at.parent_path()) {
      places.push_back(at / kLockName);
      if (at.empty()) break;
    }
  }
  for (const fs::path& place : places) {
    if (place.empty() || *place.begin() == "..") continue;
    auto text = git_.read(commit_, place.generic_string(), kLockLimit);
    if (!text) {
      session_->report_file(revision_ + ":" + printable(place.generic_string()), text.error());
      failure = ExitCode::kFile;
      return std::nullopt;
    }
    if (!*text) continue;
    path = place.generic_string();
    return std::move(**text);
  }
  return std::string();
}

std::shared_ptr<const SpecCatalog> BaseCommit::prices_of(const std::string& path, ExitCode& failure) {
  std::string lock, text;
  if (!session_->options().no_lock) {
    auto found = find_lock(path, lock, failure);
    if (!found) return nullptr;
    text = std::move(*found);
  }
  return prices_under(prices_, lock, failure, [&](ExitCode& why) -> std::optional<SpecCatalog> {
    if (!lock.empty()) return catalog_of_lock(*session_, revision_ + ":" + printable(lock), text, why);
    // Without a lock the prices of the base are those that the program has.
    auto catalog = session_->load_catalog(why);
    return catalog ? std::optional(SpecCatalog{std::move(*catalog), "", {}}) : std::nullopt;
  });
}

std::optional<PricedSpec> BaseCommit::read(const std::string& path, bool& missing, ExitCode& failure) {
  auto text = git_.read(commit_, path, kYamlLimit);
  missing = text && !*text;
  if (missing) return std::nullopt;
  const std::string shown = revision_ + ":" + printable(path);
  if (!text) {
    session_->report_file(shown, text.error());
    failure = ExitCode::kFile;
    return std::nullopt;
  }
  auto prices = prices_of(path, failure);
  if (prices == nullptr) return std::nullopt;
  return PricedSpec{{shown, std::move(**text), reader_beside(path)}, std::move(prices)};
}

}  // namespace capplan
