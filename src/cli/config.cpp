#include "cli/config.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/number_text.h"
#include "core/text.h"
#include "input/value_text.h"

namespace capplan {
namespace {

constexpr std::array<std::string_view, 4> kFormats{"table", "json", "csv", "markdown"};
constexpr std::array<std::string_view, 3> kColours{"auto", "always", "never"};

constexpr Field kFields[] = {
    {.key = "format", .type = ValueType::kName, .doc = "of results", .example = "json", .names = kFormats},
    {.key = "top",
     .type = ValueType::kInteger,
     .doc = "no more than this many plans",
     .example = "20",
     .min = 1,
     .max = 1e6},
    {.key = "width",
     .type = ValueType::kInteger,
     .doc = "columns of tables",
     .example = "120",
     .min = 20,
     .max = 10'000},
    {.key = "color", .type = ValueType::kName, .doc = "in tables", .example = "never", .names = kColours},
    {.key = "ascii", .type = ValueType::kBool, .doc = "no characters beyond ASCII", .example = "true"},
    {.key = "quiet", .type = ValueType::kBool, .doc = "no warnings and hints", .example = "true"},
    {.key = "threads",
     .type = ValueType::kInteger,
     .doc = "on at most this many cores",
     .example = "4",
     .min = 1,
     .max = 1024},
    {.key = "profiles",
     .type = ValueType::kText,
     .doc = "folder of profiles, laid over the built-in ones; from the folder of the file",
     .example = "profiles"},
};

// As the option would have it: 1_000 and 1k are 1000 there.
std::string shown_value(const Field& field, const Value& value) {
  if (field.type == ValueType::kInteger) return plain_number(value.number);
  return value.text;
}

bool says_nothing(const std::string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trim(std::string_view(text).substr(begin, end - begin));
    if (!line.empty() && line.front() != '#') return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

void Configuration::add(Setting setting) {
  if (find(setting.key) == nullptr) settings_.push_back(std::move(setting));
}

const Setting* Configuration::find(std::string_view key) const {
  const auto found =
      std::find_if(settings_.begin(), settings_.end(), [&](const Setting& s) { return s.key == key; });
  return found == settings_.end() ? nullptr : &*found;
}

std::span<const Field> config_fields() { return kFields; }

std::string config_variable(std::string_view key) {
  std::string name(kConfigPrefix);
  for (const char c : key) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Result<Setting> read_config_variable(const Field& field, const std::string& value) {
  const std::string name = config_variable(field.key);
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.scalar = value;
  node.location = Location{.file = name, .length = static_cast<int>(value.size())};
  const auto read = read_value(node, field);
  if (!read)
    return tl::unexpected(
        Diagnostics{{Severity::kError, node.location, read.error().message, read.error().hint}});
  return Setting{std::string(field.key), shown_value(field, *read), name, node.location, value, name};
}

ReadConfig read_config(const SourceText& source) {
  if (find_binary(source.text) == std::string::npos && says_nothing(source.text)) return {};
  const Result<YamlNode> root = parse_yaml(source);
  if (!root) return {{}, root.error()};
  ReadConfig read;
  check_fields(*root, kFields, "", read.problems);
  for (const auto& [key, value] : root->members) {
    const auto* field = std::ranges::find(kFields, std::string_view(key.scalar), &Field::key);
    if (field == std::end(kFields) || value.kind != YamlNode::Kind::kScalar) continue;
    const auto found = read_value(value, *field);
    if (found)
      read.settings.push_back({key.scalar, shown_value(*field, *found),
                               source.name + ":" + std::to_string(key.location.line), value.location});
  }
  return read;
}

}  // namespace capplan
