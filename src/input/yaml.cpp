#include "input/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

#include "core/text.h"

namespace capplan {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 200000;
constexpr std::size_t kMaxYamlProblems = 100;
constexpr const char* kTooDeep = "nested deeper than 64 levels";

// Stops the parser from inside an event; the problem is already recorded.
struct Stop : std::runtime_error {
  Stop() : std::runtime_error("stop") {}
};

// Whether the quoted scalar that starts at `begin` (or after its anchor) ends. yaml-cpp takes one that the
// end of the file cuts off right after a line break.
bool is_closed(std::string_view text, std::size_t begin) {
  const std::size_t open = text.find_first_of("\"'", begin);
  if (open == std::string_view::npos) return false;
  const char quote = text[open];
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    const bool doubled = quote == '\'' && text.substr(i, 2) == "''";
    if (doubled || (quote == '"' && text[i] == '\\')) {
      ++i;
    } else if (text[i] == quote) {
      return true;
    }
  }
  return false;
}

// Builds the tree from yaml-cpp's events: its own node graph would hide duplicate keys and expand aliases
// unbounded.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, Diagnostics& problems)
      : file_(source.name), text_(source.text), problems_(problems) {
    if (text_.starts_with("\xef\xbb\xbf"))
      text_.remove_prefix(3);  // yaml-cpp does not count a byte order mark
  }

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.location = at(mark, 1);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) fail(at(mark, 1), "an alias may not stand inside what it repeats", "");
    count_nodes(at(mark, 1), size_of(found->second));
    if (stack_.size() + depth_of(found->second) > kMaxDepth) fail(at(mark, 1), kTooDeep, "");
    place(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.location = at(mark, std::max<std::size_t>(value.size(), 1));
    node.scalar = value;
    // yaml-cpp answers the escapes \_ and \N with a byte that is no UTF-8.
    if (find_binary(value) != std::string_view::npos)
      problems_.push_back({Severity::kError, node.location, "an escape that gives no UTF-8 text",
                           R"(write \u00a0 in place of \_)"});
    if (find_control(value) != std::string::npos)
      problems_.push_back({Severity::kError, node.location,
                           "a control character, which would steer a terminal", "leave it out"});
    node.quoted =
        tag == "!";  // yaml-cpp marks a quoted scalar with the non-specific tag, and a block scalar too
    const auto begin = static_cast<std::size_t>(mark.pos);
    if (node.quoted && !is_block_scalar(begin) && !is_closed(text_, begin)) {
      fail(at(mark, 1), "not valid YAML: this quote is not closed", "");
    }
    refuse_tag(node.location, tag);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    YamlNode key;
    std::map<std::string, Location> seen;
  };

  Location at(const YAML::Mark& mark, std::size_t length) const {
    return {file_, mark.line + 1, mark.column + 1, static_cast<int>(std::min<std::size_t>(length, 200))};
  }

  bool is_block_scalar(std::size_t begin) const {
    const std::size_t first = text_.find_first_of("\"'|>", begin);
    return first != std::string_view::npos && (text_[first] == '|' || text_[first] == '>');
  }

  [[noreturn]] void fail(const Location& where, std::string message, std::string hint) {
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
    throw Stop();
  }

  void refuse_tag(const Location& where, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    problems_.push_back({Severity::kError, where, "YAML tags are not used here", "remove `" + tag + "`"});
  }

  static std::size_t size_of(const YamlNode& node) {
    std::size_t n = 1;
    for (const YamlNode& item : node.items) n += size_of(item);
    for (const auto& [key, value] : node.members) n += 1 + size_of(value);
    return n;
  }

  static std::size_t depth_of(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kList && node.kind != YamlNode::Kind::kMap) return 0;
    std::size_t deepest = 0;
    for (const YamlNode& item : node.items) deepest = std::max(deepest, depth_of(item));
    for (const auto& [key, value] : node.members) deepest = std::max(deepest, depth_of(value));
    return deepest + 1;
  }

  void count_nodes(const Location& where, std::size_t n) {
    nodes_ += n;
    if (nodes_ > kMaxNodes)
      fail(where, "the document has more than 200,000 nodes once aliases are written out", "");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (stack_.size() >= kMaxDepth) fail(at(mark, 1), kTooDeep, "");
    Open opened;
    opened.node.kind = kind;
    opened.node.location = at(mark, 1);
    opened.anchor = anchor;
    refuse_tag(opened.node.location, tag);
    count_nodes(opened.node.location, 1);
    stack_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(stack_.back());
    stack_.pop_back();
    if (closed.anchor != 0) {
      count_nodes(closed.node.location, size_of(closed.node));  // the copy takes memory like any other node
      anchored_[closed.anchor] = closed.node;
    }
    place(std::move(closed.node));
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    count_nodes(node.location, 1);
    if (anchor != 0) anchored_[anchor] = node;
    place(std::move(node));
  }

  void place(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      take_key(parent, std::move(node));
    } else {
      parent.has_key = false;
      parent.node.members.push_back({std::move(parent.key), std::move(node)});
    }
  }

  void take_key(Open& parent, YamlNode key) {
    parent.has_key = true;
    if (key.kind != YamlNode::Kind::kScalar) {
      problems_.push_back({Severity::kError, key.location, "a key must be a plain word", ""});
    } else if (key.scalar == "<<") {
      problems_.push_back(
          {Severity::kError, key.location, "merge keys (`<<`) are not read", "write the keys out"});
    } else if (const auto [before, fresh] = parent.seen.emplace(key.scalar, key.location); !fresh) {
      problems_.push_back({Severity::kError, key.location, "duplicate key `" + key.scalar + "`",
                           "it stands already in line " + std::to_string(before->second.line)});
    }
    if (problems_.size() > kMaxYamlProblems) throw Stop();
    parent.key = std::move(key);
  }

  std::string file_;
  std::string_view text_;
  Diagnostics& problems_;
  YamlNode root_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, YamlNode> anchored_;
  std::size_t nodes_ = 0;
};

Location location_of_offset(const SourceText& source, std::size_t offset) {
  const std::string_view before = std::string_view(source.text).substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {source.name, static_cast<int>(line), static_cast<int>(offset - start + 1), 1};
}

// yaml-cpp takes tabs as indentation in places where YAML forbids them.
void find_tabs(const SourceText& source, Diagnostics& problems) {
  int line = 1;
  int column = 1;
  bool indentation = true;
  for (const char c : source.text) {
    if (c == '\t' && indentation) {
      problems.push_back(
          {Severity::kError, {source.name, line, column, 1}, "a tab as indentation", "indent with spaces"});
      indentation = false;
    } else if (c != ' ') {
      indentation = false;
    }
    ++column;
    if (c == '\n') {
      ++line;
      column = 1;
      indentation = true;
    }
    if (problems.size() > kMaxYamlProblems) return;
  }
}

std::string plain_message(const std::string& message) {
  if (message == "end of map not found")
    return "this block is not indented as one mapping, or a `key: value` is incomplete";
  if (message == "illegal map value")
    return "a `:` where no mapping can start; quote text that contains `: `";
  return message;
}

Diagnostic empty_file(const SourceText& source) {
  return {Severity::kError,
          {source.name, 1, 1, 1},
          "the file is empty",
          "`capplan init` writes one to start from"};
}

void refuse_second_document(YAML::Parser& parser, const SourceText& source, Diagnostics& problems) {
  Diagnostics inside;
  TreeBuilder second(source, inside);
  Location where;
  try {
    if (!parser.HandleNextDocument(second)) return;
    where = second.take_root().location;
  } catch (const Stop&) {
    where = inside.front().location;
  }
  problems.push_back({Severity::kError, where, "a second document in one file", "one spec a file"});
}

YamlNode run_parser(const SourceText& source, Diagnostics& problems) {
  std::istringstream stream(source.text);
  TreeBuilder builder(source, problems);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      problems.push_back(empty_file(source));
      return {};
    }
    refuse_second_document(parser, source, problems);
  } catch (const Stop&) {
    return {};  // recorded where it was found
  } catch (const YAML::Exception& e) {
    const bool known = !e.mark.is_null();
    const Location where{source.name, known ? e.mark.line + 1 : 1, known ? e.mark.column + 1 : 1, 1};
    problems.push_back({Severity::kError, where, "not valid YAML: " + plain_message(e.msg), ""});
    return {};
  }
  YamlNode root = builder.take_root();
  if (root.kind == YamlNode::Kind::kNull) problems.push_back(empty_file(source));
  return root;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

Result<YamlNode> parse_yaml(const SourceText& source) {
  Diagnostics problems;
  if (const std::size_t binary = find_binary(source.text); binary != std::string_view::npos) {
    problems.push_back({Severity::kError, location_of_offset(source, binary), "not UTF-8 text", ""});
    return tl::unexpected(std::move(problems));
  }
  find_tabs(source, problems);
  YamlNode root;
  if (problems.empty()) root = run_parser(source, problems);
  sort_by_location(problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  return root;
}

}  // namespace capplan
