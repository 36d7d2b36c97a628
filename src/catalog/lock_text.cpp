// A lock as YAML: profiles stand in it as literal blocks, so that a review sees the row that changed.
#include <algorithm>
#include <charconv>
#include <map>

#include "capplan/catalog/lock.h"
#include "catalog/digest.h"
#include "catalog/lock_rows.h"
#include "core/number_text.h"
#include "core/text.h"
#include "input/yaml.h"

namespace capplan {
namespace {

constexpr std::string_view kHead =
    "# Written by `capplan prices lock`: the profiles that specs beside and below rest on. Not to be "
    "edited:\n"
    "# estimates check every row against its SHA-256 below. `capplan prices diff` shows what is newer.\n"
    "version: 1\n";
constexpr std::size_t kHexDigits = 64;
// Bytes: as a key, all of it escaped, YAML reads up to 1024 characters.
constexpr std::size_t kLongestPath = 250;

// Double-quoted, as YAML and JSON both read it.
std::string double_quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + double_quoted(text);
  return "[" + out + "]";
}

// A literal block of whole lines below a key that is indented by `indent` columns. The text begins after two
// columns more, whatever it begins with.
std::string block(std::string_view text, std::size_t indent) {
  std::string out = "|2\n";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) out += std::string(indent + 2, ' ').append(text.substr(0, end));
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Lines end in one way, and so does a file: what a literal block can hold, and no reader sees.
std::string normal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool before_a_feed = text[i] == '\r' && text.substr(i + 1).starts_with('\n');
    if (!before_a_feed) out += text[i] == '\r' ? '\n' : text[i];
  }
  while (out.ends_with('\n')) out.pop_back();
  return out + "\n";
}

// A tab after nothing but spaces: in a block it reads as indentation, which YAML forbids.
bool has_line_with_leading_tab(std::string_view text) {
  for (std::size_t tab = text.find('\t'); tab != std::string_view::npos; tab = text.find('\t', tab + 1)) {
    const std::size_t before = text.substr(0, tab).find_last_not_of(' ');
    if (before == std::string_view::npos || text[before] == '\n') return true;
  }
  return false;
}

std::string files_text(std::string_view key, const std::vector<ProfileFile>& files) {
  std::string out = std::string(key) + ":\n";
  for (const ProfileFile& file : files)
    out += "  " + double_quoted(file.path) + ": " +
           (has_line_with_leading_tab(file.text) ? double_quoted(file.text) + "\n" : block(file.text, 2));
  return out;
}

class LockReader {
 public:
  // `lines` of the text.
  LockReader(const YamlNode& root, int lines, Diagnostics& problems)
      : root_(root), text_lines_(lines), problems_(problems) {}

  ReadLock read() {
    ReadLock read;
    Lock& lock = read.lock;
    check_keys();
    if (scalar("version") != "1") error(place("version"), "`version`: expected 1");
    lock.engine = scalar("engine");
    lock.as_of = scalar("as_of");
    if (!is_iso_date(lock.as_of)) error(place("as_of"), "`as_of`: expected a date such as 2026-08-22");
    lock.catalog_sha256 = scalar("catalog");
    if (!is_digest(lock.catalog_sha256)) error(place("catalog"), "`catalog`: expected a SHA-256");
    lock.scope.models = names("models");
    if (root_.find("offers") == nullptr || root_.find("offers")->kind == YamlNode::Kind::kList)
      lock.scope.accelerators = names("offers");
    else if (scalar("offers") != "all")
      error(place("offers"), "`offers`: expected `all`, or a list of accelerators");
    lock.files = files("files");
    if (root_.find("profiles") != nullptr) lock.overlay_folder = scalar("profiles");
    if (root_.find("overlay") != nullptr) lock.overlay = files("overlay");
    if (problems_.empty()) check_digests(read);
    return read;
  }

 private:
  static bool is_digest(std::string_view text) {
    return text.size() == kHexDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }

  Location place(std::string_view key) const {
    const YamlNode* node = root_.find(key);
    return node == nullptr ? root_.location : node->location;
  }
  void error(const Location& where, std::string message) {
    problems_.push_back(
        {Severity::kError, where, std::move(message), "`capplan prices lock` writes it anew"});
  }

  void check_keys() {
    static const std::vector<std::string_view> kKeys{"version", "engine",   "as_of", "catalog", "models",
                                                     "offers",  "profiles", "files", "overlay", "sha256"};
    for (const auto& [key, value] : root_.members) {
      if (std::find(kKeys.begin(), kKeys.end(), key.scalar) == kKeys.end())
        error(key.location, "unknown key `" + key.scalar.substr(0, 60) + "`; expected " + join(kKeys));
    }
  }

  std::string scalar(std::string_view key) {
    const YamlNode* node = root_.find(key);
    if (node != nullptr && node->kind == YamlNode::Kind::kScalar) return node->scalar;
    error(place(key),
          "`" + std::string(key) + "`: expected a text" + (node == nullptr ? ", found none" : ""));
    return {};
  }

  std::vector<std::string> names(std::string_view key) {
    std::vector<std::string> texts;
    const YamlNode* node = root_.find(key);
    const bool list = node != nullptr && node->kind == YamlNode::Kind::kList;
    if (!list) error(place(key), "`" + std::string(key) + "`: expected a list of names");
    for (std::size_t i = 0; list && i < node->items.size(); ++i) {
      if (node->items[i].kind != YamlNode::Kind::kScalar) error(node->items[i].location, "expected a name");
      texts.push_back(node->items[i].scalar);
    }
    return texts;
  }

  std::vector<ProfileFile> files(std::string_view key) {
    std::vector<ProfileFile> found;
    const YamlNode* node = root_.find(key);
    if (node == nullptr || node->kind != YamlNode::Kind::kMap) {
      error(place(key), "`" + std::string(key) + "`: expected profiles by their path");
      return found;
    }
    for (const auto& [path, text] : node->members) {
      if (path.scalar.size() > kLongestPath)
        error(path.location,
              "a path of more than " + std::to_string(kLongestPath) + " bytes is no profile's");
      if (text.kind != YamlNode::Kind::kScalar) error(text.location, "expected the text of a profile");
      const std::string prefix = key == "overlay" ? "overlay/" : "";
      lines_[prefix + path.scalar] = text.location.line;
      found.push_back({path.scalar, normal(text.scalar)});
    }
    return found;
  }

  // Each line of the list is a digest, a space and the name of a row.
  void check_digests(ReadLock& read) {
    const std::string list = scalar("sha256");
    std::map<std::string, LockRow, std::less<>> rows;
    for (LockRow& row : rows_of(read.lock)) {
      std::string name = row.name;
      rows.emplace(std::move(name), std::move(row));
    }
    int line = place("sha256").line;
    for (std::size_t begin = 0; begin < list.size();) {
      const std::size_t end = std::min(list.find('\n', begin), list.size());
      line = std::min(line + 1, text_lines_);  // only of a literal block do all stand below the key
      check_digest(std::string_view(list).substr(begin, end - begin), line, rows, read.breaches);
      begin = end + 1;
    }
    for (const auto& [name, row] : rows)
      read.breaches.push_back({LockBreach::Kind::kUnlisted, name, line_of(name)});
  }

  void check_digest(std::string_view text, int line, std::map<std::string, LockRow, std::less<>>& rows,
                    std::vector<LockBreach>& breaches) {
    const std::string_view digest = text.substr(0, kHexDigits);
    if (!is_digest(digest) || text.size() < kHexDigits + 2 || text[kHexDigits] != ' ') {
      error({root_.location.file, line, 1, 1}, "expected a SHA-256 and the name of a row");
      return;
    }
    const std::string_view name = text.substr(kHexDigits + 1);
    const auto row = rows.find(name);
    if (row == rows.end()) {
      breaches.push_back({LockBreach::Kind::kMissing, std::string(name), line});
      return;
    }
    if (sha256_hex(row->second.text) != digest)
      breaches.push_back({LockBreach::Kind::kChanged, std::string(name), line});
    rows.erase(row);
  }

  // Of the file that an unlisted row stands in.
  int line_of(std::string_view name) const {
    const auto file = lines_.find(name.substr(0, name.find(' ')));
    return file == lines_.end() ? 1 : file->second;
  }

  const YamlNode& root_;
  int text_lines_;
  Diagnostics& problems_;
  std::map<std::string, int, std::less<>> lines_;
};

}  // namespace

std::string lock_text(const Lock& given) {
  Lock lock = given;
  for (std::vector<ProfileFile>* files : {&lock.files, &lock.overlay}) {
    for (ProfileFile& file : *files) file.text = normal(file.text);
  }
  std::string out(kHead);
  out += "engine: " + double_quoted(lock.engine) + "\nas_of: " + lock.as_of +
         "\ncatalog: " + lock.catalog_sha256 + "\nmodels: " + quoted_list(lock.scope.models) +
         "\noffers: " + (lock.scope.accelerators ? quoted_list(*lock.scope.accelerators) : "all") + "\n";
  if (!lock.overlay_folder.empty()) out += "profiles: " + double_quoted(lock.overlay_folder) + "\n";
  out += files_text("files", lock.files);
  if (!lock.overlay.empty()) out += files_text("overlay", lock.overlay);
  std::string digests;
  for (const LockRow& row : rows_of(lock)) digests += sha256_hex(row.text) + " " + row.name + "\n";
  return out + "sha256: " + block(digests, 0);
}

std::string_view lock_breach_name(LockBreach::Kind kind) {
  switch (kind) {
    case LockBreach::Kind::kChanged:
      return "is not the row that was locked";
    case LockBreach::Kind::kMissing:
      return "was locked, and is missing";
    case LockBreach::Kind::kUnlisted:
      return "is there, and was not locked";
  }
  return {};
}

Result<ReadLock> read_lock(const std::string& file, const std::string& text) {
  const Result<YamlNode> root = parse_yaml({file, text});
  if (!root) return tl::unexpected(root.error());
  const auto lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  Diagnostics problems;
  if (root->kind != YamlNode::Kind::kMap) {
    problems.push_back({Severity::kError, root->location, "not a lock: expected a mapping",
                        "`capplan prices lock` writes one"});
    return tl::unexpected(std::move(problems));
  }
  ReadLock read = LockReader(*root, lines, problems).read();
  sort_by_location(problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  return read;
}

}  // namespace capplan
