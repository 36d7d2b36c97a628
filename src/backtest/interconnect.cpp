#include "backtest/interconnect.h"

#include <regex>
#include <string>

namespace capplan {
namespace {

constexpr double kGbit = 1e9 / 8;

std::optional<Bandwidth> gbits(double value) { return Bandwidth::of(value * kGbit); }

}  // namespace

std::optional<Bandwidth> read_interconnect(std::string_view words, int per_node) {
  // What people write is short; the matcher recurses with the length of what it is given.
  constexpr std::size_t kLongest = 300;
  std::string text(words.substr(0, kLongest));
  std::smatch m;
  // "Storage: 2x … 400Gb/s, Compute: 8x … 400Gb/s": only the compute part.
  static const std::regex compute(R"(Compute:\s*([^,]*))", std::regex::icase);
  if (std::regex_search(text, m, compute)) text = m[1];
  static const std::regex per_node_rate(
      R"((\d{1,6}(?:\.\d{1,3})?)\s*(?:Gbps|Gb/s|Gbit/s)\s*(?:per node|node-node|a node|/node))",
      std::regex::icase);
  if (std::regex_search(text, m, per_node_rate)) return gbits(std::stod(m[1]));
  static const std::regex each(
      R"((\d{1,6}(?:\.\d{1,3})?)\s*(?:Gbps|Gb/s|Gbit/s)[^,;]*per (?:gpu|accelerator|chip))",
      std::regex::icase);
  if (std::regex_search(text, m, each)) return gbits(std::stod(m[1]) * per_node);
  static const std::regex named(R"((\d{1,3})\s*x\s*(?:HDR|NDR|EDR|XDR)\s*-?(\d{3}))", std::regex::icase);
  if (std::regex_search(text, m, named)) return gbits(std::stod(m[1]) * std::stod(m[2]));
  static const std::regex adapters(
      R"((\d{1,3})\s*x\s*(?:[A-Za-z][\w-]*\s+)*(\d{2,4})\s*(?:G\b|GbE\b|Gb/s|Gbps|Gbit/s))",
      std::regex::icase);
  if (std::regex_search(text, m, adapters)) return gbits(std::stod(m[1]) * std::stod(m[2]));
  return std::nullopt;
}

}  // namespace capplan
