#include "cli/command_line.h"

#include <algorithm>

#include "cli/config.h"
#include "core/text.h"

namespace capplan {
namespace {

std::string unknown_option(const CLI::App& level, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : level.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  if (std::find(names.begin(), names.end(), word) != names.end()) return {};
  const std::string_view near = nearest_name(word, {names.begin(), names.end()});
  return "capplan: unknown option `" + word + "`" +
         (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") + "\n";
}

constexpr const char* kChoices = "choices";

}  // namespace

CLI::Validator one_of(const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  CLI::Validator validator(
      [names](std::string& value) -> std::string {
        if (std::find(names.begin(), names.end(), value) != names.end()) return {};
        const std::vector<std::string_view> all(names.begin(), names.end());
        const std::string_view near = nearest_name(value, all);
        return "expected one of " + join(all) + ", found `" + printable(value) + "`" +
               (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?");
      },
      join(views, "|"), kChoices);
  return validator;
}

std::vector<std::string> choices_of(CLI::Option& option) {
  std::vector<std::string> names;
  try {
    const std::string all = option.get_validator(kChoices)->get_description();
    for (std::size_t begin = 0; begin <= all.size();) {
      const std::size_t end = std::min(all.find('|', begin), all.size());
      names.push_back(all.substr(begin, end - begin));
      begin = end + 1;
    }
  } catch (const CLI::OptionNotFound&) {  // any text will do
  }
  return names;
}

// CLI11 says only that a word was not expected; a near command is what was meant.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2) return {};
  const CLI::App* level = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--")) {
      if (std::string said = unknown_option(*level, word.substr(0, word.find('='))); !said.empty())
        return said;
    }
    if (word.empty() || word[0] == '-') continue;
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* sub : level->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
      if (sub->get_name() == word) next = sub;
    }
    if (next != nullptr) {
      level = next;
      continue;
    }
    if (names.empty()) continue;
    const std::string_view near = nearest_name(word, {names.begin(), names.end()});
    return "capplan: unknown command `" + word + "`" +
           (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") + "\n";
  }
  return {};
}

std::vector<CLI::App*> commands_of(CLI::App& level) {
  return level.get_subcommands([](CLI::App*) { return true; });
}

CLI::App* find_command(CLI::App& level, const std::string& name) {
  const std::vector<CLI::App*> all = commands_of(level);
  const auto found = std::find_if(all.begin(), all.end(), [&](CLI::App* a) { return a->get_name() == name; });
  return found == all.end() ? nullptr : *found;
}

CLI::App& named_command(CLI::App& app) {
  CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

void apply_configuration(CLI::App& app, const Configuration& configuration) {
  CLI::App& command = named_command(app);
  for (const Field& field : config_fields()) {
    const Setting* setting = configuration.find(field.key);
    CLI::Option* option = command.get_option_no_throw("--" + std::string(field.key));
    if (setting == nullptr || option == nullptr || option->count() > 0 || field.key == "profiles") continue;
    try {
      option->add_result(setting->value);
      option->run_callback();
    } catch (const CLI::ValidationError&) {
      option->clear();  // a format that other commands have
    }
  }
}

}  // namespace capplan
