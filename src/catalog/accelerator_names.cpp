#include "catalog/accelerator_names.h"

#include <algorithm>
#include <array>
#include <functional>

#include "core/text.h"

namespace capplan {
namespace {

constexpr std::array<std::string_view, 14> kVendorWords{"nvidia", "amd",    "google", "aws",      "amazon",
                                                        "intel",  "huawei", "tesla",  "instinct", "geforce",
                                                        "radeon", "gpu",    "hgx",    "dgx"};
constexpr std::array<std::string_view, 5> kForms{"sxm", "pcie", "nvl", "oam", "hbm"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : to_lower(name)) {
    if (c == '-' || c == '_' || c == ' ' || c == '/' || c == '.') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool is_number(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), is_digit);
}

// "80 GB" is one word, as "80GB" is.
std::vector<std::string> join_units(std::vector<std::string> words) {
  std::vector<std::string> joined;
  for (std::string& word : words) {
    if ((word == "gb" || word == "gib") && !joined.empty() && is_number(joined.back())) {
      joined.back() += word;
    } else {
      joined.push_back(std::move(word));
    }
  }
  return joined;
}

// "80" of "80gb", "80gib" and "80g"; "" where the word is no amount of memory.
std::string memory_of(const std::string& word) {
  std::size_t digits = 0;
  while (digits < word.size() && is_digit(word[digits])) ++digits;
  const std::string unit = word.substr(digits);
  return digits > 0 && (unit == "gb" || unit == "gib" || unit == "g") ? word.substr(0, digits) : "";
}

bool is_form(const std::string& word) {
  return std::any_of(kForms.begin(), kForms.end(),
                     [&](std::string_view form) { return word.starts_with(form); });
}

// "sxm" of "sxm4": generations of one connector.
std::string plain_form(std::string form) {
  while (!form.empty() && is_digit(form.back())) form.pop_back();
  return form;
}

using Keeps = std::function<bool(const AcceleratorName&)>;

void narrow(std::vector<std::size_t>& found, const std::vector<AcceleratorName>& names, const Keeps& keeps) {
  std::vector<std::size_t> kept;
  for (const std::size_t i : found) {
    if (keeps(names[i])) kept.push_back(i);
  }
  if (!kept.empty()) found = std::move(kept);
}

}  // namespace

AcceleratorName take_apart(std::string_view name) {
  AcceleratorName parts;
  for (const std::string& word : join_units(words_of(name))) {
    if (std::find(kVendorWords.begin(), kVendorWords.end(), word) != kVendorWords.end()) continue;
    if (const std::string memory = memory_of(word); !memory.empty()) {
      parts.memory = memory;
    } else if (is_form(word)) {
      parts.form += word;
    } else {
      parts.core += word;
    }
  }
  return parts;
}

std::vector<std::size_t> match_names(std::string_view name, const std::vector<std::string_view>& candidates) {
  const AcceleratorName wanted = take_apart(name);
  std::vector<AcceleratorName> names;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    names.push_back(take_apart(candidates[i]));
    if (!wanted.core.empty() && names[i].core == wanted.core) found.push_back(i);
  }
  if (!wanted.form.empty()) {
    narrow(found, names,
           [&](const AcceleratorName& n) { return plain_form(n.form) == plain_form(wanted.form); });
    narrow(found, names, [&](const AcceleratorName& n) { return n.form == wanted.form; });
  }
  if (!wanted.memory.empty())
    narrow(found, names, [&](const AcceleratorName& n) { return n.memory == wanted.memory; });
  return found;
}

}  // namespace capplan
