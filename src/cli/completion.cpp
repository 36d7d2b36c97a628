#include "cli/completion.h"

#include <algorithm>
#include <array>
#include <optional>

#include "capplan/catalog/catalog.h"
#include "capplan/explain/derivation.h"
#include "cli/command_line.h"
#include "cli/config.h"
#include "cli/help.h"
#include "spec/spec_fields.h"

namespace capplan {
namespace {

struct Candidate {
  std::string word;
  std::string says;
};
using Candidates = std::vector<Candidate>;

enum class Kind { kWords, kOpen, kFiles, kSpecs, kFolders, kRevisions };

struct Completion {
  Kind kind = Kind::kWords;
  Candidates candidates = {};
};

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 6> kNames{"words", "open", "files", "specs", "folders", "revisions"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Only what begins as the word does; `before` is the part of the word that stays.
void keep_matching(Completion& completion, const std::string& word, const std::string& before) {
  std::erase_if(completion.candidates, [&](const Candidate& c) { return !c.word.starts_with(word); });
  for (Candidate& c : completion.candidates) c.word.insert(0, before);
}

const Tables& tables() {
  static const Catalog catalog = builtin_catalog();
  return catalog.tables();
}

Candidates accelerators() {
  Candidates found;
  for (const Accelerator& a : tables().accelerators)
    found.push_back({std::string(a.id), std::string(a.vendor)});
  return found;
}

Candidates models() {
  Candidates found;
  for (const ModelProfile& m : tables().models) found.push_back({std::string(m.id), std::string(m.name)});
  return found;
}

Candidates providers() {
  Candidates found;
  for (const Provider& p : tables().providers) found.push_back({std::string(p.id), std::string(p.name)});
  return found;
}

Candidates vendors() {
  Candidates found;
  for (const Accelerator& a : tables().accelerators) {
    if (std::none_of(found.begin(), found.end(), [&](const Candidate& c) { return c.word == a.vendor; }))
      found.push_back({std::string(a.vendor), ""});
  }
  return found;
}

Candidates stacks() {
  Candidates found;
  for (const Stack& s : tables().stacks) found.push_back({std::string(s.id), ""});
  return found;
}

Candidates config_keys() {
  Candidates found;
  for (const Field& field : config_fields())
    found.push_back({std::string(field.key), std::string(field.doc)});
  return found;
}

Candidates figures() {
  Candidates found;
  for (const ShortName& name : short_names())
    found.push_back({std::string(name.name), std::string(name.path)});
  return found;
}

// "pin.accelerator=" for every key of the short form that has a value of its own.
void add_keys(std::span<const Field> fields, const std::string& before, Candidates& found) {
  for (const Field& field : fields) {
    const std::string key = before + std::string(field.key);
    if (field.type == ValueType::kMap && !field.fields.empty()) {
      add_keys(field.fields, key + ".", found);
    } else if (field.type != ValueType::kMaps) {
      found.push_back({key + "=", std::string(field.doc)});
    }
  }
}

const Field* find_key(std::span<const Field> fields, std::string_view key) {
  const std::size_t dot = std::min(key.find('.'), key.size());
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == key.substr(0, dot); });
  if (found == fields.end()) return nullptr;
  return dot == key.size() ? &*found : find_key(found->fields, key.substr(dot + 1));
}

// Values of `--set KEY=V1,V2`: the last of them is being written.
Completion values_of_key(const std::string& key) {
  if (key == "pin.accelerator") return {Kind::kWords, accelerators()};
  if (key == "model.preset") return {Kind::kWords, models()};
  if (key == "pin.stack") return {Kind::kWords, stacks()};
  const Field* field = find_key(short_form_fields(), key);
  Completion values;
  if (field == nullptr) return values;
  for (const std::string_view name : field->names) values.candidates.push_back({std::string(name), ""});
  if (field->type == ValueType::kBool) values.candidates = {{"true", ""}, {"false", ""}};
  return values;
}

Completion complete_setting(const std::string& word, const std::string& before) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) {
    Completion keys{Kind::kOpen, {}};
    add_keys(short_form_fields(), "", keys.candidates);
    keep_matching(keys, word, before);
    return keys;
  }
  Completion values = values_of_key(word.substr(0, equals));
  const std::size_t comma = word.rfind(',');
  const std::size_t begin = (comma == std::string::npos || comma < equals ? equals : comma) + 1;
  keep_matching(values, word.substr(begin), before + word.substr(0, begin));
  return values;
}

// What a value is, by the name that help has for it.
std::optional<Completion> by_metavar(const std::string& metavar) {
  if (metavar == "FILE" || metavar == "LOCK" || metavar == "OTHER" || metavar == "RUNS")
    return Completion{Kind::kFiles};
  if (metavar == "SPEC") return Completion{Kind::kSpecs};
  if (metavar == "DIR") return Completion{Kind::kFolders};
  if (metavar == "REV") return Completion{Kind::kRevisions};
  if (metavar == "ACCELERATOR") return Completion{Kind::kWords, accelerators()};
  if (metavar == "MODEL") return Completion{Kind::kWords, models()};
  if (metavar == "PROVIDER") return Completion{Kind::kWords, providers()};
  if (metavar == "VENDOR") return Completion{Kind::kWords, vendors()};
  if (metavar == "KEY") return Completion{Kind::kWords, config_keys()};
  if (metavar == "FIGURE") return Completion{Kind::kWords, figures()};
  return std::nullopt;
}

Completion complete_value(CLI::Option& option, const std::string& word, const std::string& before) {
  const std::string metavar = option.get_positional() ? option.get_name() : metavar_of(option);
  if (metavar == "KEY=V1,V2") return complete_setting(word, before);
  Completion values;
  for (std::string& name : choices_of(option)) values.candidates.push_back({std::move(name), ""});
  if (values.candidates.empty()) values = by_metavar(metavar).value_or(Completion());
  keep_matching(values, word, before);
  return values;
}

Completion complete_options(CLI::App& level, const std::string& word) {
  Completion options;
  for (const CLI::Option* option : level.get_options()) {
    for (const std::string& name : option->get_lnames())
      options.candidates.push_back({"--" + name, option->get_description()});
    for (const std::string& name : option->get_snames())
      options.candidates.push_back({"-" + name, option->get_description()});
  }
  keep_matching(options, word, "");
  return options;
}

std::vector<CLI::Option*> positionals_of(CLI::App& level) {
  return level.get_options([](const CLI::Option* o) { return o->get_positional(); });
}

// Where the words before the last lead: to a command, and to what the last one is of it.
struct Place {
  CLI::App* level;
  CLI::Option* awaits = nullptr;  // the option whose value comes next
  std::size_t positionals = 0;    // that are there

  void pass(const std::string& word) {
    if (awaits != nullptr) {
      awaits = nullptr;
    } else if (word.size() > 1 && word.front() == '-') {
      CLI::Option* option = level->get_option_no_throw(word);
      if (option != nullptr && option->get_type_size() > 0) awaits = option;
    } else if (CLI::App* next = positionals == 0 ? find_command(*level, word) : nullptr; next != nullptr) {
      level = next;
    } else {
      ++positionals;
    }
  }
};

Completion complete_command(CLI::App& level) {
  Completion commands;
  for (const CLI::App* sub : commands_of(level))
    commands.candidates.push_back({sub->get_name(), sub->get_description()});
  return commands;
}

// `help COMMAND`: the words after it are those of a command line.
Completion complete_last(CLI::App& app, const Place& place, const std::string& word) {
  if (place.awaits != nullptr) return complete_value(*place.awaits, word, "");
  const std::size_t equals = word.find('=');
  if (word.starts_with("--") && equals != std::string::npos) {
    CLI::Option* option = place.level->get_option_no_throw(word.substr(0, equals));
    if (option == nullptr) return {};
    return complete_value(*option, word.substr(equals + 1), word.substr(0, equals + 1));
  }
  if (word.starts_with('-')) return complete_options(*place.level, word);
  if (Completion commands = complete_command(*place.level); !commands.candidates.empty()) {
    keep_matching(commands, word, "");
    return commands;
  }
  const std::vector<CLI::Option*> positionals = positionals_of(*place.level);
  if (positionals.empty()) return complete_options(*place.level, word);
  CLI::Option& positional = *positionals[std::min(place.positionals, positionals.size() - 1)];
  if (place.positionals >= positionals.size() && positional.get_items_expected_max() <= 1) return {};
  if (positional.get_name() != "COMMAND") return complete_value(positional, word, "");
  Completion commands = complete_command(app);
  keep_matching(commands, word, "");
  return commands;
}

}  // namespace

std::string completions(CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) place.pass(words[i]);
  const Completion found = complete_last(app, place, words.empty() ? "" : words.back());
  std::string text(name_of(found.kind));
  text += '\n';
  for (const auto& [word, says] : found.candidates) {
    text += word;
    if (!says.empty()) text.append("\t").append(says);
    text += '\n';
  }
  return text;
}

}  // namespace capplan
