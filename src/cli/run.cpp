#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>
#include <sstream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"

namespace capplan {
namespace {

constexpr const char* kSummary =
    "capplan tells what an AI workload costs on every way of getting compute, and how sure that is.";

constexpr const char* kFooter =
    "Exit status: 0 fine, 1 internal error, 2 wrong usage, 3 invalid content, 4 no feasible option, 5 policy "
    "violated, 6 a price that is missing or not the locked one, 7 a file "
    "that cannot be read or written, 130 interrupted.";

// Builds the parser; the command that was named is left in `command`.
class Parser {
 public:
  Parser() : app_(kSummary, "capplan") {
    app_.formatter(help_formatter());
    app_.footer(kFooter);
    app_.set_version_flag("--version", std::string("capplan ") + CAPPLAN_VERSION);
    app_.set_help_flag("-h,--help", "show this help");
    app_.require_subcommand(1);
    add_estimate();
    add_sensitivity();
    add_breakeven();
    add_explain();
    add_compare();
    add_diff();
    add_check();
    add_policy();
    add_backtest();
    add_calibrate();
    add_init();
    add_schema();
    add_hardware();
    add_models();
    add_prices();
    add_config();
    add_completion();
    add_help();
  }

  CLI::App& app() { return app_; }
  OutputOptions output;
  std::function<ExitCode(const Session&)> command;

 private:
  // What the program does where this command is named.
  template <class Options>
  void set_command(CLI::App& sub, ExitCode (*run)(const Session&, const Options&), const Options& options) {
    sub.callback([this, run, &options] {
      command = [run, &options](const Session& session) { return run(session, options); };
    });
  }

  void add_output(CLI::App& sub) {
    sub.add_option("--format", output.format, "table, json, csv or markdown")
        ->check(one_of({"table", "json", "csv", "markdown"}))
        ->capture_default_str();
    add_rendering(sub);
  }

  void add_rendering(CLI::App& sub) {
    add_file(sub);
    add_common(sub);
    sub.add_option("--width", output.width, "columns of the table; default the terminal's")
        ->check(CLI::Range(20, 10000));
    sub.add_option("--color", output.color, "auto, always or never")
        ->check(one_of({"auto", "always", "never"}))
        ->capture_default_str();
    sub.add_flag("--ascii", output.ascii, "no characters beyond ASCII");
  }

  void add_file(CLI::App& sub) {
    sub.add_option("-o,--output", output.output, "write the result to FILE")->type_name("FILE");
  }

  void add_common(CLI::App& sub) {
    sub.add_option("--profiles", output.profiles, "profiles of your own, laid over the built-in ones")
        ->type_name("DIR");
    sub.add_flag("-q,--quiet", output.quiet, "no warnings and hints");
  }

  void add_spec(CLI::App& sub, std::string& spec) {
    sub.add_option("SPEC", spec, "a spec (`capplan init` writes one), or - for standard input")->required();
  }

  void add_threads(CLI::App& sub, std::optional<int>& threads) {
    sub.add_option("--threads", threads, "on at most N cores; the result is the same")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
  }

  void add_estimate() {
    CLI::App* sub = app_.add_subcommand(
        "estimate", "compute demand, price every way of getting it, print the ranked plan");
    add_spec(*sub, estimate_.spec);
    sub->add_flag("--all", estimate_.all,
                  "every plan, not the best of each option, provider and accelerator");
    sub->add_option("--top", estimate_.top, "no more than N plans")
        ->type_name("N")
        ->check(CLI::Range(1, 1000000));
    sub->add_flag("--include-outliers", estimate_.include_outliers,
                  "rank prices far below the market like any other");
    sub->add_option("--objective", estimate_.objective,
                    "cost, time, carbon or cost_p90, in place of the spec's")
        ->check(one_of({"cost", "time", "carbon", "cost_p90"}));
    sub->add_flag("--scaling", estimate_.scaling,
                  "time and cost over counts, on the accelerators of the best plan");
    sub->add_option("--samples", estimate_.samples, "draws of what is uncertain; default 1024")
        ->type_name("N")
        ->check(CLI::Range(16, 100000));
    add_threads(*sub, estimate_.threads);
    add_lock(*sub);
    add_output(*sub);
    set_command(*sub, run_estimate, estimate_);
  }

  void add_explain() {
    CLI::App* sub = app_.add_subcommand("explain", "how one figure of the plan came about");
    add_spec(*sub, explain_.spec);
    sub->add_option("FIGURE", explain_.figure,
                    "a path of the JSON result (plans[0].cost.total_usd), or a short name (total, power, "
                    "mfu, …); without one, the short names with their values");
    add_threads(*sub, explain_.threads);
    add_lock(*sub);
    add_output(*sub);
    set_command(*sub, run_explain, explain_);
  }

  void add_sensitivity() {
    CLI::App* sub = app_.add_subcommand(
        "sensitivity", "what the cheapest plan's cost hangs on, and where another becomes the cheapest");
    add_spec(*sub, sensitivity_.spec);
    sub->add_flag("--include-outliers", sensitivity_.include_outliers,
                  "compare prices far below the market like any other");
    add_threads(*sub, sensitivity_.threads);
    add_output(*sub);
    set_command(*sub, run_sensitivity, sensitivity_);
  }

  void add_breakeven() {
    CLI::App* sub = app_.add_subcommand("breakeven", "buy against rent, reserve against on-demand");
    add_spec(*sub, breakeven_.spec);
    sub->add_flag("--all", breakeven_.all, "every comparison, not the first ones");
    add_threads(*sub, breakeven_.threads);
    add_lock(*sub);
    add_output(*sub);
    set_command(*sub, run_breakeven, breakeven_);
  }

  void add_compare() {
    CLI::App* sub = app_.add_subcommand("compare", "specs and values of their keys side by side");
    sub->add_option("SPEC", compare_.specs, "specs; one of them may be - for standard input")->required();
    sub->add_option(
           "--set", compare_.sets,
           "a key of the spec and the values that it takes in turn (dataset.tokens=1T,2T); a workload's "
           "keys begin with its name where there are several; all combinations are compared")
        ->type_name("KEY=V1,V2")
        ->allow_extra_args(false);
    sub->add_option("--shard", compare_.shard,
                    "the Ith of N parts; the output of all parts in order is that of the whole (csv, jsonl)")
        ->type_name("I/N");
    add_threads(*sub, compare_.threads);
    add_lock(*sub);
    sub->add_option("--format", output.format, "table, json, jsonl (an object a line), csv or markdown")
        ->check(one_of({"table", "json", "jsonl", "csv", "markdown"}))
        ->capture_default_str();
    add_rendering(*sub);
    set_command(*sub, run_compare, compare_);
  }

  void add_diff() {
    CLI::App* sub = app_.add_subcommand("diff", "what changed in cost, and why: spec, prices or program");
    sub->add_option("SPEC", diff_.specs,
                    "base and head, each a spec or the JSON result of an estimate; with --base, specs of the "
                    "working tree, default all of the repository");
    sub->add_option("--base", diff_.base, "compare with this revision of git, its lock with it")
        ->type_name("REV");
    sub->add_option("--recorded", diff_.recorded,
                    "JSON result of the base by an earlier version: what differs from it now is the engine's "
                    "effect")
        ->type_name("FILE");
    add_threads(*sub, diff_.threads);
    add_lock(*sub);
    sub->add_option("--format", output.format, "table, json or markdown")
        ->check(one_of({"table", "json", "markdown"}))
        ->capture_default_str();
    add_rendering(*sub);
    set_command(*sub, run_diff, diff_);
  }

  void add_check() {
    CLI::App* sub = app_.add_subcommand("check", "hold specs, and what changed in them, against a policy");
    sub->add_option("SPEC", check_.specs, "specs; with --base default all of the repository");
    sub->add_option("--base", check_.base, "judge what changed since this revision of git, too")
        ->type_name("REV");
    sub->add_option("--policy", check_.policy, "default: .capplan/policy.yaml of the repository")
        ->type_name("FILE");
    sub->add_option("--as-of", check_.as_of, "date that ages and waivers count to; default the last commit's")
        ->type_name("DATE");
    sub->add_option("--json", check_.json, "write the JSON result to FILE besides")->type_name("FILE");
    sub->add_flag("--exit-zero", check_.exit_zero, "end with 0 whatever the policy finds");
    sub->add_flag("--warn-as-deny", check_.warn_as_deny, "warnings deny");
    add_threads(*sub, check_.threads);
    add_lock(*sub);
    sub->add_option("--format", output.format,
                    "table, json, csv, markdown (a comment), github (annotations), junit or sarif")
        ->check(one_of({"table", "json", "csv", "markdown", "github", "junit", "sarif"}))
        ->capture_default_str();
    add_rendering(*sub);
    set_command(*sub, run_check, check_);
  }

  void add_policy() {
    CLI::App* group = app_.add_subcommand("policy", "policies: test");
    group->require_subcommand(1);
    CLI::App* test = group->add_subcommand("test", "whether a policy finds in given figures what it should");
    test->add_option("FILE", policy_test_.cases, "default: .capplan/policy-test.yaml of the repository");
    add_file(*test);
    add_common(*test);
    set_command(*test, run_policy_test, policy_test_);
  }

  void add_init() {
    CLI::App* sub = app_.add_subcommand("init", "write a commented starter spec");
    sub->add_option("FILE", init_.file, "where to; - for standard output")->capture_default_str();
    sub->add_option("--kind", init_.kind, "training, fine-tuning, serving or batch-inference")
        ->check(one_of({"training", "fine-tuning", "serving", "batch-inference"}))
        ->capture_default_str();
    sub->add_flag("--force", init_.force, "write over a file that is there");
    add_common(*sub);
    set_command(*sub, run_init, init_);
  }

  void add_schema() {
    CLI::App* sub = app_.add_subcommand("schema", "print the JSON Schema (draft 7) of a spec or a policy");
    sub->add_option("KIND", schema_of_, "spec, policy, waivers or policy-test")
        ->check(one_of({"spec", "policy", "waivers", "policy-test"}))
        ->capture_default_str();
    add_file(*sub);
    add_common(*sub);
    set_command(*sub, run_schema, schema_of_);
  }

  void add_backtest() {
    CLI::App* sub =
        app_.add_subcommand("backtest", "predicted against measured, for published or your own runs");
    sub->add_option("RUNS", backtest_.runs, "a run a line (docs/accuracy.md), or - for standard input")
        ->required();
    sub->add_flag("--search-layouts", backtest_.search_layouts,
                  "the fastest layout found, in place of the one a record states");
    add_output(*sub);
    set_command(*sub, run_backtest, backtest_);
  }

  void add_calibrate() {
    CLI::App* sub = app_.add_subcommand("calibrate", "fit the step model's constants to measured runs");
    CLI::Option* runs = sub->add_option("RUNS", calibrate_.files, "a run a line (docs/accuracy.md)");
    CLI::Option* kernels = sub->add_option("--kernels", calibrate_.kernels,
                                           "fit kernel laws to gemm.csv, attention_context.csv and "
                                           "collectives.csv of this folder instead")
                               ->type_name("DIR");
    runs->excludes(kernels);
    sub->add_option("--leave-out", calibrate_.leave_out,
                    "accelerator, source or model: how well each is predicted by a fit without it")
        ->check(one_of({"accelerator", "source", "model"}));
    sub->add_flag("--from-priors", calibrate_.from_priors,
                  "hold constants towards their priors, not towards the catalogue's values");
    sub->add_option("--hold", calibrate_.hold, "constants that keep their priors, to see what each one earns")
        ->type_name("NAME");
    sub->add_option("--id", calibrate_.id, "name of the fit")->capture_default_str();
    sub->add_option("--source", calibrate_.source, "where the runs come from");
    sub->add_option("--as-of", calibrate_.as_of, "date of the runs; default that of the newest price")
        ->type_name("DATE");
    add_output(*sub);
    set_command(*sub, run_calibrate, calibrate_);
  }

  void add_hardware() {
    CLI::App* group = app_.add_subcommand("hardware", "accelerators: list, show");
    group->require_subcommand(1);
    CLI::App* list = group->add_subcommand("list", "all accelerators of the catalogue");
    list->add_option("--vendor", hardware_.vendor, "only this vendor's");
    list->add_option("--sort", hardware_.sort, "by this column")->type_name("COLUMN");
    add_output(*list);
    set_command(*list, run_hardware_list, hardware_);
    CLI::App* show = group->add_subcommand("show", "one accelerator with its sources");
    show->add_option("ACCELERATOR", name_, "its id, or a name like it")->required();
    add_output(*show);
    set_command(*show, run_hardware_show, name_);
  }

  void add_models() {
    CLI::App* group = app_.add_subcommand("models", "model presets: list, show");
    group->require_subcommand(1);
    CLI::App* list = group->add_subcommand("list", "all presets");
    list->add_option("--architecture", models_.architecture,
                     "only transformer, cnn, vit, bert, diffusion, dlrm or generic")
        ->check(one_of({"transformer", "cnn", "vit", "bert", "diffusion", "dlrm", "generic"}));
    list->add_option("--sort", models_.sort, "by this column")->type_name("COLUMN");
    add_output(*list);
    set_command(*list, run_models_list, models_);
    CLI::App* show = group->add_subcommand("show", "one preset with its source");
    show->add_option("MODEL", name_, "its id, or a name like it")->required();
    add_output(*show);
    set_command(*show, run_models_show, name_);
  }

  void add_price_filters(CLI::App& sub) {
    sub.add_option("--provider", prices_.provider, "only this provider (`*` for any run of characters)")
        ->type_name("PROVIDER");
    sub.add_option("--region", prices_.region, "only this region");
    sub.add_option("--purchase", prices_.purchase,
                   "on-demand, spot, marketplace, queued, reserved, savings-plan, commitment or block")
        ->check(one_of({"on-demand", "spot", "marketplace", "queued", "reserved", "savings-plan",
                        "commitment", "block"}));
    sub.add_option("--max-price", prices_.max_price, "at most this many dollars an accelerator and hour")
        ->check(CLI::PositiveNumber);
    sub.add_option("--sort", prices_.sort, "by this column")->type_name("COLUMN");
    sub.add_flag("--history", prices_.history, "rows that do not count too, with the reason");
    add_output(sub);
  }

  void add_prices() {
    CLI::App* group = app_.add_subcommand("prices", "prices: list, show, import, lock, verify, diff");
    group->require_subcommand(1);
    CLI::App* list = group->add_subcommand("list", "what can be rented today, an accelerator and hour");
    list->add_option("--accelerator", prices_.accelerator, "only names with this in them")
        ->type_name("ACCELERATOR");
    add_price_filters(*list);
    set_command(*list, run_prices_list, prices_);
    CLI::App* show = group->add_subcommand("show", "all prices of one accelerator, cheapest first");
    show->add_option("ACCELERATOR", prices_.accelerator, "its id, or a name like it")->required();
    add_price_filters(*show);
    set_command(*show, run_prices_show, prices_);
    CLI::App* import = group->add_subcommand("import", "quotes of your own into a profile folder");
    import
        ->add_option(
            "--from", import_.from,
            "csv: columns provider, accelerator, count, price, unit and optional ones (docs/profiles.md)")
        ->check(one_of({"csv"}))
        ->capture_default_str();
    import->add_option("FILE", import_.file, "the quotes, or - for standard input")->required();
    import->add_option("--into", import_.folder, "the profile folder to write")
        ->type_name("DIR")
        ->default_val("capplan-profiles");
    import->add_option("--as-of", import_.as_of, "date of quotes that have none")->type_name("DATE");
    add_common(*import);
    set_command(*import, run_prices_import, import_);
    add_locks(*group);
  }

  void add_locks(CLI::App& group) {
    CLI::App* lock = group.add_subcommand("lock", "write capplan.lock: what the specs rest on, as it is now");
    lock->add_option("SPEC", lock_.specs, "the specs that stand under it")->required();
    lock->add_option("--lock", output.lock, "write it there")->type_name("FILE");
    add_common(*lock);
    set_command(*lock, run_prices_lock, lock_);
    CLI::App* verify =
        group.add_subcommand("verify", "whether every row of a lock is the one that was locked");
    verify->add_option("LOCK", verify_.lock, "default: capplan.lock here or in a folder above");
    add_common(*verify);
    set_command(*verify, run_prices_verify, verify_);
    CLI::App* diff = group.add_subcommand("diff", "what is newer than a lock, or differs between two");
    diff->add_option("LOCK", lock_diff_.before, "default: capplan.lock here or in a folder above");
    diff->add_option("OTHER", lock_diff_.after, "another lock; default: one written now");
    add_output(*diff);
    set_command(*diff, run_prices_diff, lock_diff_);
  }

  void add_config() {
    CLI::App* group = app_.add_subcommand("config", "settings that stand in for options: list, get");
    group->require_subcommand(1);
    CLI::App* list = group->add_subcommand("list", "all settings with their values");
    list->add_flag("--show-origin", config_list_.show_origin, "where each value is from");
    add_output(*list);
    set_command(*list, run_config_list, config_list_);
    CLI::App* get = group->add_subcommand("get", "the value of one setting");
    get->add_option("KEY", name_, "a key that `capplan config list` has")->required();
    add_file(*get);
    set_command(*get, run_config_get, name_);
  }

  void add_completion() {
    CLI::App* sub = app_.add_subcommand("completion", "a script that completes commands in a shell");
    sub->add_option("SHELL", name_, "bash, zsh or fish")->required()->check(one_of({"bash", "zsh", "fish"}));
    set_command(*sub, run_completion, name_);
  }

  void add_help() {
    CLI::App* sub = app_.add_subcommand("help", "help on a command, or the manual");
    sub->add_option("COMMAND", help_.command, "a command, such as prices list");
    sub->add_flag("--man", help_.man, "the manual page of all commands, for `man -l -`");
    sub->callback(
        [this] { command = [this](const Session& session) { return run_help(session, app_, help_); }; });
  }

  void add_lock(CLI::App& sub) {
    CLI::Option* lock =
        sub.add_option(
               "--lock", output.lock,
               "prices of this lock; default: capplan.lock beside the spec or in a folder above, up to "
               "the root of its repository")
            ->type_name("FILE");
    sub.add_flag("--no-lock", output.no_lock, "the prices of the program, whatever is locked")
        ->excludes(lock);
  }

  CLI::App app_;
  EstimateOptions estimate_;
  BreakEvenOptions breakeven_;
  SensitivityOptions sensitivity_;
  CompareOptions compare_;
  DiffOptions diff_;
  CheckOptions check_;
  PolicyTestOptions policy_test_;
  std::string schema_of_ = "spec";
  ExplainOptions explain_;
  InitOptions init_;
  HardwareFilter hardware_;
  ModelFilter models_;
  PriceFilter prices_;
  ImportOptions import_;
  LockOptions lock_;
  VerifyOptions verify_;
  LockDiffOptions lock_diff_;
  CalibrateOptions calibrate_;
  BacktestOptions backtest_;
  ConfigListOptions config_list_;
  HelpOptions help_;
  std::string name_;
};

ExitCode show(const Streams& streams, const std::string& text) { return Session(streams, {}).write(text); }

ExitCode refuse(CLI::App& app, int argc, const char* const* argv, const Streams& streams,
                const CLI::ParseError& problem) {
  const std::string said = suggestion(app, argc, argv);
  streams.err << (said.empty() ? std::string("capplan: ") + problem.what() + "\n" : said)
              << "try `capplan --help`\n";
  return ExitCode::kUsage;
}

}  // namespace

ExitCode run(int argc, const char* const* argv, Streams streams) {
  Parser parser;
  if (argc > 1 && std::string_view(argv[1]) == kCompleteCommand)
    return show(streams, completions(parser.app(), {argv + 2, argv + argc}));
  if (argc <= 1) return show(streams, parser.app().help());
  try {
    parser.app().parse(argc, argv);
  } catch (const CLI::Success& shown) {
    std::ostringstream text;
    parser.app().exit(shown, text, streams.err);
    return show(streams, text.str());
  } catch (const CLI::ParseError& problem) {
    return refuse(parser.app(), argc, argv, streams, problem);
  }
  ExitCode failure = ExitCode::kFine;
  const auto configuration = load_configuration(Session(streams, parser.output), failure);
  if (!configuration) return failure;
  apply_configuration(parser.app(), *configuration);
  return parser.command(Session(streams, parser.output, *configuration));
}

}  // namespace capplan
