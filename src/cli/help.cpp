#include "cli/help.h"

#include <algorithm>
#include <cctype>
#include <ostream>

#include "cli/command_line.h"
#include "cli/command_texts.h"
#include "core/text.h"
#include "report/grid.h"

namespace capplan {
namespace {

constexpr int kWidth = 100;
constexpr std::size_t kColumn = 28;  // where what an option does begins

// "  --top N                   no more than N plans"
std::string entry(const std::string& name, const std::string& says) {
  std::string first = "  " + name;
  if (first.size() + 2 > kColumn)
    return first + "\n" + wrap(says, kWidth, std::string(kColumn, ' '), kColumn) + "\n";
  first.resize(kColumn, ' ');
  return wrap(says, kWidth, first, kColumn) + "\n";
}

std::string examples_text(const CommandText& text) {
  std::string out = "\nExamples:\n";
  for (const Example& example : text.examples)
    out += "  " + std::string(example.line) + "\n      " + std::string(example.says) + "\n";
  return out;
}

std::string section(const char* title, const std::vector<const CLI::Option*>& options) {
  if (options.empty()) return {};
  std::string out = std::string("\n") + title + ":\n";
  for (const CLI::Option* option : options) out += entry(option_text(*option), option_says(*option));
  return out;
}

std::string help_text(const CLI::App& command) {
  const bool program = command.get_parent() == nullptr;
  std::string out = command.get_description() + "\n";
  if (const CommandText* text = find_command_text(full_name(command)); text != nullptr) {
    if (!text->details.empty()) out += "\n" + wrap(std::string(text->details), kWidth, "", 0) + "\n";
    out += examples_text(*text);
  }
  out += "\nUsage: " + usage_of(command) + "\n";
  const auto commands = command.get_subcommands([](const CLI::App*) { return true; });
  if (!commands.empty()) out += "\nCommands:\n";
  for (const CLI::App* sub : commands) out += entry(sub->get_name(), sub->get_description());
  out += section("Arguments", command.get_options([](const CLI::Option* o) {
    return o->get_positional() && !o->get_description().empty();
  }));
  out += section("Options", command.get_options([](const CLI::Option* o) { return o->nonpositional(); }));
  if (program) out += "\n" + wrap(command.get_footer(), kWidth, "", 0) + "\n";
  return out;
}

class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* command, std::string, CLI::AppFormatMode) const override {
    return help_text(*command);
  }
};

}  // namespace

std::string full_name(const CLI::App& command) {
  if (command.get_parent() == nullptr) return command.get_name();
  return full_name(*command.get_parent()) + " " + command.get_name();
}

std::string metavar_of(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {};
  const std::string typed = option.get_type_name();
  std::string type = typed.substr(0, typed.find(':'));
  if (type != "TEXT" && type != "INT" && type != "UINT" && type != "FLOAT") return type;
  std::string name = option.get_lnames().empty() ? type : option.get_lnames().front();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(c == '-' ? '_' : std::toupper(c)); });
  return name;
}

std::string option_text(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name() + (option.get_items_expected_max() > 1 ? "..." : "");
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) names += (names.empty() ? "--" : ", --") + name;
  const std::string metavar = metavar_of(option);
  return metavar.empty() ? names : names + " " + metavar;
}

std::string option_says(const CLI::Option& option) {
  std::string says = option.get_description();
  if (!option.get_default_str().empty()) says += " (default: " + option.get_default_str() + ")";
  for (const CLI::Option* other : option.get_excludes()) {
    if (other->nonpositional()) says += " (not with " + other->get_name() + ")";
  }
  return says;
}

std::string usage_of(const CLI::App& command) {
  std::string text = full_name(command);
  const auto options = command.get_options([](const CLI::Option* o) { return o->nonpositional(); });
  if (!options.empty()) text += " [OPTIONS]";
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    const std::string name = option_text(*option);
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  const auto commands = command.get_subcommands([](const CLI::App*) { return true; });
  return commands.empty() ? text : text + " COMMAND";
}

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

ExitCode run_help(const Session& session, CLI::App& app, const HelpOptions& options) {
  if (options.man) return session.write(man_page(app));
  CLI::App* command = &app;
  for (const std::string& word : options.command) {
    CLI::App* next = find_command(*command, word);
    if (next == nullptr) {
      std::vector<std::string> names;
      for (const CLI::App* sub : commands_of(*command)) names.push_back(sub->get_name());
      const std::string_view near = nearest_name(word, {names.begin(), names.end()});
      session.err() << "capplan: unknown command `" << printable(word) << "`"
                    << (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") << "\n";
      return ExitCode::kUsage;
    }
    command = next;
  }
  // help() itself would tell of the command that was parsed, which is `help`.
  return session.write(command->get_formatter()->make_help(command, "", CLI::AppFormatMode::Normal));
}

}  // namespace capplan
