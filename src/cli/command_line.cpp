#include "cli/command_line.h"

#include <CLI/CLI.hpp>
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

}  // namespace

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
