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

constexpr std::size_t kMostEntries = 200'000;                  // of a working tree that is looked through
constexpr std::size_t kMostFiles = 20'000;                     // YAML files that are looked into
constexpr std::size_t kMostTogether = std::size_t{256} << 20;  // bytes of files that are read at once

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
  auto files = git->tree(*commit);
  if (!files) return fail(ExitCode::kFile, files.error());
  return BaseCommit(session, std::move(*git), root, printable(revision), std::move(*files));
}

std::optional<std::vector<std::string>> BaseCommit::spec_paths(ExitCode& failure) {
  const auto fail = [&](const std::string& reason) {
    session_->err() << "capplan: " << reason << ": name the specs\n";
    failure = ExitCode::kFile;
    return std::nullopt;
  };
  auto paths = yaml_below(root_);
  if (!paths) return fail("the working tree is too large to look through");
  for (const auto& [path, hash] : files_) {
    if (is_yaml(path) && !is_hidden(path)) paths->insert(path);
  }
  if (paths->size() > kMostFiles) return fail("there are more than 20,000 YAML files");
  prefetch({paths->begin(), paths->end()});
  std::vector<std::string> specs;
  for (const std::string& path : *paths) {
    const auto now = read_source((root_ / path).string(), kYamlLimit);
    bool is_spec = now && looks_like_spec(now->text);
    if (!is_spec && files_.contains(path)) {
      const auto then = text_of(path, kYamlLimit);
      is_spec = then && looks_like_spec(*then);
    }
    if (is_spec) specs.push_back(path);
  }
  return specs;
}

void BaseCommit::prefetch(const std::vector<std::string>& paths) {
  std::set<std::string> hashes;
  for (const std::string& path : paths) {
    const auto file = files_.find(path);
    if (file != files_.end() && !texts_.contains(file->second)) hashes.insert(file->second);
  }
  // Where it fails, each is read when it is needed, and what is wrong is said then.
  if (auto texts = git_.read_all(hashes, kMostTogether)) texts_.merge(*texts);
}

tl::expected<std::string, std::string> BaseCommit::text_of(const std::string& path, std::size_t limit) const {
  const std::string& hash = files_.at(path);
  const auto known = texts_.find(hash);
  if (known == texts_.end()) return git_.read(hash, limit);
  if (known->second.size() <= limit) return known->second;
  return tl::unexpected("is larger than " + std::to_string(limit >> 20) + " MiB, the largest that is read");
}

ReadFile BaseCommit::reader_beside(const std::string& path) const {
  const fs::path folder = fs::path(path).parent_path();
  return [this, folder](const std::string& named) -> tl::expected<std::string, std::string> {
    const fs::path inside = (folder / named).lexically_normal();
    if (inside.is_absolute() || inside.empty() || *inside.begin() == "..")
      return tl::unexpected(std::string("is outside the repository"));
    if (!files_.contains(inside.generic_string())) return tl::unexpected("is not in " + revision_);
    return text_of(inside.generic_string(), kYamlLimit);
  };
}

std::string BaseCommit::find_lock(const std::string& spec) const {
  std::error_code error;
  if (session_->options().no_lock) return {};
  if (!session_->options().lock.empty()) {
    const auto stated = fs::weakly_canonical(session_->options().lock, error).lexically_relative(root_);
    return files_.contains(stated.generic_string()) ? stated.generic_string() : std::string();
  }
  for (fs::path at = fs::path(spec).parent_path();; at = at.parent_path()) {
    std::string lock = (at / kLockName).generic_string();
    if (files_.contains(lock)) return lock;
    if (at.empty()) return {};
  }
}

std::shared_ptr<const SpecCatalog> BaseCommit::prices_of(const std::string& path, ExitCode& failure) {
  const std::string lock = find_lock(path);
  return prices_under(prices_, lock, failure, [&](ExitCode& why) -> std::optional<SpecCatalog> {
    if (lock.empty()) {
      // Without a lock the prices of the base are those that the program has.
      auto catalog = session_->load_catalog(why);
      return catalog ? std::optional(SpecCatalog{std::move(*catalog), "", {}}) : std::nullopt;
    }
    const std::string shown = revision_ + ":" + printable(lock);
    const auto text = text_of(lock, kLockLimit);
    if (text) return catalog_of_lock(*session_, shown, *text, why);
    session_->report_file(shown, text.error());
    why = ExitCode::kFile;
    return std::nullopt;
  });
}

std::optional<PricedSpec> BaseCommit::read(const std::string& path, bool& missing, ExitCode& failure) {
  missing = !files_.contains(path);
  if (missing) return std::nullopt;
  auto text = text_of(path, kYamlLimit);
  const std::string shown = revision_ + ":" + printable(path);
  if (!text) {
    session_->report_file(shown, text.error());
    failure = ExitCode::kFile;
    return std::nullopt;
  }
  auto prices = prices_of(path, failure);
  if (prices == nullptr) return std::nullopt;
  return PricedSpec{{shown, std::move(*text), reader_beside(path)}, std::move(prices)};
}

std::optional<std::vector<std::string>> paths_of(const Session& session, BaseCommit& base,
                                                 const std::vector<std::string>& specs, ExitCode& failure) {
  if (specs.empty()) return base.spec_paths(failure);
  std::vector<std::string> paths;
  for (const std::string& spec : specs) {
    const fs::path path = folder_of_spec(spec) / fs::path(spec).filename();
    if (spec == "-" || !stands_below(path, base.root())) {
      session.report_file(spec, "is outside the repository of the first spec");
      failure = ExitCode::kUsage;
      return std::nullopt;
    }
    paths.push_back(path.lexically_relative(base.root()).generic_string());
  }
  base.prefetch(paths);
  return paths;
}

std::optional<PathSides> read_sides(const Session& session, BaseCommit& base, WorkingTree& now,
                                    const std::string& path, ExitCode& failure) {
  const fs::path file = base.root() / path;
  bool added = false;
  PathSides sides{path, base.read(path, added, failure), std::nullopt};
  std::error_code error;
  const bool removed = !fs::exists(file, error);
  if (!removed && !stands_below(file, base.root())) {
    session.report_file(printable(path), "leads outside the repository");
    failure = worse_of(failure, ExitCode::kInvalidContent);
  } else if (!removed) {
    sides.head = now.read(shown_path(file), failure);
  }
  if (added && removed) {
    session.report_file(path, "is neither in the working tree nor in " + base.revision());
    failure = ExitCode::kFile;
  }
  const bool whole = (sides.base || added) && (sides.head || removed) && !(added && removed);
  return whole ? std::optional(std::move(sides)) : std::nullopt;
}

bool lacks_prices(const Session& session, const PricedSpec& spec) {
  const ReadSpec read =
      read_spec(spec.spec.file, spec.spec.text, spec.spec.read_file, spec.prices->catalog.exchange_rates());
  const std::string lacking = has_errors(read.problems) ? "" : spec.prices->lacks(read.spec);
  if (!lacking.empty()) session.err() << "capplan: " << printable(lacking) << "\n";
  return !lacking.empty();
}

}  // namespace capplan
