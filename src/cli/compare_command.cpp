#include <algorithm>
#include <charconv>
#include <filesystem>
#include <ostream>
#include <set>

#include "capplan/plan/scenario.h"
#include "cli/commands.h"
#include "cli/lock_file.h"
#include "cli/plan_input.h"
#include "core/parallel.h"
#include "input/source_text.h"
#include "report/compare_report.h"

namespace capplan {
namespace {

constexpr std::size_t kBlock = 64;            // scenarios that are worked on before they are written
constexpr std::size_t kMostAtOnce = 100'000;  // in formats that are written as a whole

// Values are apart by commas, but for those inside brackets and quotes.
std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> values(1);
  int depth = 0;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
  }
  return values;
}

// What is wrong with the options, for people; empty where nothing is.
class Request {
 public:
  explicit Request(const CompareOptions& options) {
    for (const std::string& set : options.sets) read_axis(set);
    if (!options.shard.empty()) read_shard(options.shard);
    if (problem_.empty()) {
      matrix_ = ScenarioMatrix::of(options.specs.size(), std::move(axes_));
      if (!matrix_) problem_ = "more scenarios than can be counted";
    }
  }

  // `whole`: the format needs all scenarios before it can be written.
  std::string problem(bool sharded, bool whole) const {
    if (!problem_.empty()) return problem_;
    if (sharded && whole) return "--shard needs --format csv or jsonl, whose parts can be put together";
    if (whole && matrix_->size() > kMostAtOnce)
      return std::to_string(matrix_->size()) + " scenarios: more than 100,000 need --format csv or jsonl";
    return {};
  }
  const ScenarioMatrix& matrix() const { return *matrix_; }
  const Shard& shard() const { return shard_; }

 private:
  void read_axis(const std::string& set) {
    const std::size_t equals = set.find('=');
    if (equals == 0 || equals == std::string::npos || set.find('\n') != std::string::npos) {
      problem_ = "--set takes KEY=VALUE,VALUE…, as in --set pin.count=8,16, not `" + set + "`";
      return;
    }
    if (find_binary(set) != std::string::npos) {
      problem_ = "--set takes UTF-8 text";
      return;
    }
    ScenarioAxis axis{set.substr(0, equals), split_values(std::string_view(set).substr(equals + 1))};
    if (std::any_of(axis.values.begin(), axis.values.end(), [](const auto& v) { return v.empty(); }))
      problem_ = "--set " + axis.key + ": a value is empty (`null` takes the key away)";
    if (std::any_of(axes_.begin(), axes_.end(), [&](const auto& a) { return a.key == axis.key; }))
      problem_ = "--set " + axis.key + " stands there twice: give all its values at once, with commas";
    axes_.push_back(std::move(axis));
  }

  void read_shard(const std::string& text) {
    const char* const end = text.data() + text.size();
    const auto [slash, bad] = std::from_chars(text.data(), end, shard_.number);
    const bool number = bad == std::errc() && slash != end && *slash == '/';
    const auto of = number ? std::from_chars(slash + 1, end, shard_.of) : std::from_chars_result{slash, bad};
    if (!number || of.ec != std::errc() || of.ptr != end || shard_.number < 1 || shard_.number > shard_.of)
      problem_ = "--shard takes I/N with I from 1 to N, as in --shard 1/4, not `" + text + "`";
  }

  std::vector<ScenarioAxis> axes_;
  std::optional<ScenarioMatrix> matrix_;
  Shard shard_;
  std::string problem_;
};

struct Evaluated {
  ScenarioOutcome outcome;
  Diagnostics problems;
  ExitCode code = ExitCode::kFine;
};

class Comparer {
 public:
  Comparer(const Session& session, const CompareOptions& options, const SpecCatalog& prices,
           const Request& request)
      : session_(session),
        prices_(prices),
        catalog_(prices.catalog),
        matrix_(request.matrix()),
        rates_(catalog_.exchange_rates()),
        threads_(options.threads.value_or(usual_threads())),
        next_(request.shard().begin(matrix_.size())),
        end_(request.shard().end(matrix_.size())),
        work_(session.err(), session.options().quiet, "comparing", static_cast<double>(end_ - next_)) {
    for (const std::string& spec : options.specs) sources_.push_back(read_source(spec, kYamlLimit));
    for (const auto& source : sources_) {
      if (!source) session.report_file(source.error().path, source.error().reason);
    }
    files_ = options.specs;
  }

  // The next scenarios in order; none where all are done, or it was interrupted.
  std::vector<ScenarioOutcome> next_block() {
    const std::size_t count = interrupted_ ? 0 : std::min(kBlock, end_ - next_);
    std::vector<Evaluated> block(count);
    parallel_for(count, threads_, [&](std::size_t i) { block[i] = evaluate(next_ + i); });
    next_ += count;
    std::vector<ScenarioOutcome> outcomes;
    for (Evaluated& e : block) {
      // Of what was cut short nothing is said: its best may be another.
      if (e.outcome.plan && !e.outcome.plan->proven) interrupted_ = true;
      if (interrupted_) break;
      report(e);
      worst_ = worse_of(worst_, e.code);
      outcomes.push_back(std::move(e.outcome));
    }
    return outcomes;
  }

  ExitCode code() const { return interrupted_ ? ExitCode::kInterrupted : worst_; }

 private:
  Evaluated evaluate(std::size_t index) {
    Evaluated e;
    e.outcome.scenario = matrix_.at(index);
    const std::size_t spec = e.outcome.scenario.spec;
    e.outcome.file = files_[spec];
    const auto& source = sources_[spec];
    if (!source) return fail(std::move(e), ExitCode::kFile, "cannot be read: " + source.error().reason);
    ReadSpec read = read_spec(source->name, source->text, reader_beside(files_[spec]), rates_,
                              e.outcome.scenario.changes);
    e.problems = std::move(read.problems);
    if (has_errors(e.problems)) return refuse(std::move(e));
    if (const std::string lacking = prices_.lacks(read.spec); !lacking.empty())
      return fail(std::move(e), ExitCode::kPriceMissing, lacking);
    PlanSettings settings;
    settings.monitor = &work_.monitor();
    settings.comparisons = false;
    Result<Plan> plan = make_plan(read.spec, catalog_, settings);
    const Diagnostics& found = plan ? plan->diagnostics : plan.error();
    e.problems.insert(e.problems.end(), found.begin(), found.end());
    if (!plan) return refuse(std::move(e));
    if (!plan->feasible()) e.code = ExitCode::kNothingFeasible;
    take_best(std::move(*plan), e.outcome);
    return e;
  }

  static Evaluated fail(Evaluated e, ExitCode code, std::string problem) {
    e.code = code;
    e.outcome.problem = std::move(problem);
    return e;
  }

  static Evaluated refuse(Evaluated e) {
    const auto first = std::find_if(e.problems.begin(), e.problems.end(),
                                    [](const Diagnostic& d) { return d.severity == Severity::kError; });
    return fail(std::move(e), ExitCode::kInvalidContent, first->message);
  }

  // What stands in a spec is found in every scenario of it, and said once.
  void report(const Evaluated& e) {
    const std::string set = changes_text(e.outcome.scenario.changes);
    const auto& source = sources_[e.outcome.scenario.spec];
    Diagnostics problems = e.problems;
    sort_by_location(problems);
    for (const Diagnostic& problem : problems) {
      const std::string& text = source && problem.location.file == source->name ? source->text : set;
      if (said_.insert(format_diagnostic(problem, text)).second) session_.report({problem}, text);
    }
  }

  const Session& session_;
  const SpecCatalog& prices_;
  const Catalog& catalog_;
  const ScenarioMatrix& matrix_;
  const ExchangeRates rates_;
  const int threads_;
  std::size_t next_, end_;
  LongWork work_;
  std::vector<std::string> files_;
  std::vector<decltype(read_source({}, 0))> sources_;
  std::set<std::string> said_;
  bool interrupted_ = false;
  ExitCode worst_ = ExitCode::kFine;
};

// The header goes with the first shard.
ExitCode write_rows(const Session& session, Comparer& comparer, const Request& request,
                    ComparisonFormat format) {
  bool first = request.shard().number == 1;
  return session.write_parts([&]() -> std::optional<std::string> {
    std::string text;
    if (first) text = comparison_header(request.matrix().axes(), format);
    first = false;
    const std::vector<ScenarioOutcome> block = comparer.next_block();
    for (const ScenarioOutcome& outcome : block) text += comparison_row(outcome, format);
    return text.empty() ? std::nullopt : std::optional(std::move(text));
  });
}

// That of the specs where they agree.
ShownCurrency currency_of(const Comparison& comparison, const ExchangeRates& rates) {
  const Plan* first = nullptr;
  for (const ScenarioOutcome& outcome : comparison.outcomes) {
    if (!outcome.plan) continue;
    if (first == nullptr) first = &*outcome.plan;
    if (outcome.plan->currency != first->currency) return {};
  }
  return first == nullptr ? ShownCurrency() : shown_currency(*first, rates);
}

ExitCode write_whole(const Session& session, Comparer& comparer, const Request& request,
                     const SpecCatalog& prices, ComparisonFormat format) {
  const Catalog& catalog = prices.catalog;
  Comparison comparison{.axes = request.matrix().axes(),
                        .scenarios = request.matrix().size(),
                        .catalog_as_of = std::string(catalog.as_of()),
                        .catalog_sha256 = std::string(catalog.sha256()),
                        .assumptions = prices.assumptions};
  for (auto block = comparer.next_block(); !block.empty(); block = comparer.next_block())
    std::move(block.begin(), block.end(), std::back_inserter(comparison.outcomes));
  RenderOptions options = session.render_options();
  options.currency = currency_of(comparison, catalog.exchange_rates());
  return session.write(render(comparison, format, options));
}

}  // namespace

ExitCode run_compare(const Session& session, const CompareOptions& options) {
  const ComparisonFormat format =
      find_comparison_format(session.options().format).value_or(ComparisonFormat::kTable);
  const Request request(options);
  if (const std::string problem = request.problem(!options.shard.empty(), !is_row_by_row(format));
      !problem.empty()) {
    session.err() << "capplan: " << problem << "\ntry `capplan compare --help`\n";
    return ExitCode::kUsage;
  }
  ExitCode failure = ExitCode::kFine;
  const auto prices = load_catalog_of(session, options.specs, failure);
  if (!prices) return failure;
  Comparer comparer(session, options, *prices, request);
  const ExitCode written = is_row_by_row(format) ? write_rows(session, comparer, request, format)
                                                 : write_whole(session, comparer, request, *prices, format);
  return written != ExitCode::kFine ? written : comparer.code();
}

}  // namespace capplan
