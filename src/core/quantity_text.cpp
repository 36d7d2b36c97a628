#include "core/quantity_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/text.h"

namespace capplan {
namespace {

struct Symbol {
  std::string_view name;
  Dim dim;
  double factor;
};

constexpr Dim kTime{.second = 1};
constexpr Dim kData{.byte = 1};
constexpr Dim kWork{.flop = 1};
constexpr Dim kDataRate{.second = -1, .byte = 1};
constexpr Dim kWorkRate{.second = -1, .flop = 1};
constexpr Dim kPowerDim{.second = -1, .joule = 1};
constexpr Dim kEnergyDim{.joule = 1};
constexpr Dim kMoneyDim{.usd = 1};
constexpr Dim kDeviceDim{.device = 1};
constexpr Dim kMassDim{.gram = 1};
constexpr double kKi = 1024.0;
constexpr double kBit = 0.125;

constexpr Symbol kSymbols[] = {
    {"s", kTime, 1},
    {"sec", kTime, 1},
    {"second", kTime, 1},
    {"seconds", kTime, 1},
    {"ms", kTime, 1e-3},
    {"us", kTime, 1e-6},
    {"µs", kTime, 1e-6},
    {"min", kTime, 60},
    {"minute", kTime, 60},
    {"minutes", kTime, 60},
    {"h", kTime, 3600},
    {"hour", kTime, 3600},
    {"hours", kTime, 3600},
    {"d", kTime, 86400},
    {"day", kTime, 86400},
    {"days", kTime, 86400},
    {"week", kTime, 604800},
    {"weeks", kTime, 604800},
    {"month", kTime, 730 * 3600.0},
    {"months", kTime, 730 * 3600.0},
    {"year", kTime, 8760 * 3600.0},
    {"years", kTime, 8760 * 3600.0},
    {"B", kData, 1},
    {"byte", kData, 1},
    {"bytes", kData, 1},
    {"kB", kData, 1e3},
    {"KB", kData, 1e3},
    {"MB", kData, 1e6},
    {"GB", kData, 1e9},
    {"TB", kData, 1e12},
    {"PB", kData, 1e15},
    {"EB", kData, 1e18},
    {"KiB", kData, kKi},
    {"MiB", kData, kKi* kKi},
    {"GiB", kData, kKi* kKi* kKi},
    {"TiB", kData, kKi* kKi* kKi* kKi},
    {"PiB", kData, kKi* kKi* kKi* kKi* kKi},
    {"bit", kData, kBit},
    {"kbit", kData, 1e3 * kBit},
    {"Mbit", kData, 1e6 * kBit},
    {"Gbit", kData, 1e9 * kBit},
    {"Tbit", kData, 1e12 * kBit},
    {"Mbps", kDataRate, 1e6 * kBit},
    {"Gbps", kDataRate, 1e9 * kBit},
    {"Tbps", kDataRate, 1e12 * kBit},
    {"FLOP", kWork, 1},
    {"kFLOP", kWork, 1e3},
    {"MFLOP", kWork, 1e6},
    {"GFLOP", kWork, 1e9},
    {"TFLOP", kWork, 1e12},
    {"PFLOP", kWork, 1e15},
    {"EFLOP", kWork, 1e18},
    {"ZFLOP", kWork, 1e21},
    {"YFLOP", kWork, 1e24},
    {"W", kPowerDim, 1},
    {"kW", kPowerDim, 1e3},
    {"MW", kPowerDim, 1e6},
    {"GW", kPowerDim, 1e9},
    {"J", kEnergyDim, 1},
    {"kJ", kEnergyDim, 1e3},
    {"MJ", kEnergyDim, 1e6},
    {"Wh", kEnergyDim, 3600},
    {"kWh", kEnergyDim, 3.6e6},
    {"MWh", kEnergyDim, 3.6e9},
    {"GWh", kEnergyDim, 3.6e12},
    {"USD", kMoneyDim, 1},
    {"$", kMoneyDim, 1},
    {"GPU", kDeviceDim, 1},
    {"device", kDeviceDim, 1},
    {"accelerator", kDeviceDim, 1},
    {"chip", kDeviceDim, 1},
    {"g", kMassDim, 1},
    {"kg", kMassDim, 1e3},
    {"t", kMassDim, 1e6},
    {"tonne", kMassDim, 1e6},
    {"tonnes", kMassDim, 1e6},
};

struct Ambiguous {
  std::string_view name;
  std::string_view advice;
};

constexpr Ambiguous kAmbiguous[] = {
    {"m", "`m` may be minutes or months: write `min` or `months`"},
    {"G", "`G` may be GB (10^9 bytes) or GiB (2^30 bytes), or a billion (`B`): write which"},
    {"Gi", "write `GiB` for 2^30 bytes"},
    {"b", "`b` may be bits or bytes: write `bit` or `B`"},
    {"Gb", "write `Gbit` for bits or `GB` for bytes"},
    {"Mb", "write `Mbit` for bits or `MB` for bytes"},
    {"Tb", "write `Tbit` for bits or `TB` for bytes"},
    {"FLOPS", "`FLOPS` may be operations or operations a second: write `FLOP` or `FLOP/s`"},
    {"GFLOPS", "write `GFLOP` for operations or `GFLOP/s` for a rate"},
    {"TFLOPS", "write `TFLOP` for operations or `TFLOP/s` for a rate"},
    {"PFLOPS", "write `PFLOP` for operations or `PFLOP/s` for a rate"},
    {"TFLOPs", "write `TFLOP` for operations or `TFLOP/s` for a rate"},
    {"PFLOPs", "write `PFLOP` for operations or `PFLOP/s` for a rate"},
    {"GFLOPs", "write `GFLOP` for operations or `GFLOP/s` for a rate"},
};

struct Scale {
  std::string_view name;
  double factor;
};
constexpr Scale kScales[] = {{"Ki", kKi}, {"Mi", kKi* kKi}, {"k", 1e3}, {"K", 1e3},
                             {"M", 1e6},  {"B", 1e9},       {"T", 1e12}};

// Cursor over the text; each take_… consumes what it recognises.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(trim(text)) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void skip_space() { rest_ = trim(rest_); }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // Digits, possibly grouped by single underscores.
  std::string take_digits() {
    std::string digits;
    while (!rest_.empty()) {
      const char c = rest_.front();
      const bool grouping = c == '_' && !digits.empty() && rest_.size() > 1 && is_digit(rest_[1]);
      if (!is_digit(c) && !grouping) break;
      if (!grouping) digits += c;
      rest_.remove_prefix(1);
    }
    return digits;
  }

  // A run of characters that can stand in a unit's name.
  std::string_view take_name() {
    std::size_t n = 0;
    while (n < rest_.size() && is_name(rest_[n])) ++n;
    const std::string_view name = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return name;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  std::string_view rest_;
};

tl::expected<double, std::string> take_number(Lexer& lexer) {
  std::string literal;
  if (lexer.take("-")) {
    literal = "-";
  } else {
    lexer.take("+");
  }
  if (lexer.rest().starts_with("0x") || lexer.rest().starts_with("0o") || lexer.rest().starts_with("0b"))
    return tl::unexpected<std::string>("only decimal numbers are read");
  const std::string whole = lexer.take_digits();
  if (whole.empty()) return tl::unexpected<std::string>("expected a number");
  if (whole.size() > 1 && whole[0] == '0')
    return tl::unexpected<std::string>(
        "a number with a leading zero may be octal: write it without the zero");
  literal += whole;
  if (lexer.rest().starts_with(","))
    return tl::unexpected<std::string>("write thousands as 9_000_000, and decimals with a point");
  if (lexer.take(".")) {
    const std::string fraction = lexer.take_digits();
    if (fraction.empty()) return tl::unexpected<std::string>("expected digits after the point");
    literal += "." + fraction;
  }
  const std::string_view rest = lexer.rest();
  const bool exponent = rest.size() > 1 && (rest[0] == 'e' || rest[0] == 'E') &&
                        ((rest[1] >= '0' && rest[1] <= '9') || rest[1] == '-' || rest[1] == '+');
  if (exponent) {
    lexer.take(rest.substr(0, 1));
    literal += 'e';
    if (lexer.take("-")) {
      literal += '-';
    } else {
      lexer.take("+");
    }
    const std::string digits = lexer.take_digits();
    if (digits.empty()) return tl::unexpected<std::string>("expected digits after the exponent");
    literal += digits;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (error != std::errc() || !std::isfinite(value))
    return tl::unexpected<std::string>("the number is out of range");
  return value;
}

const Symbol* find_symbol(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kSymbols), std::end(kSymbols), [&](const Symbol& s) { return s.name == name; });
  return found == std::end(kSymbols) ? nullptr : found;
}

// Three capitals that are no unit, or a sign: "EUR", "€".
bool is_currency_name(std::string_view name) {
  if (!currency_of_sign(name).empty()) return true;
  return name.size() == 3 && find_symbol(name) == nullptr &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string unknown_unit(std::string_view name, const ExchangeRates& rates) {
  for (const Ambiguous& a : kAmbiguous) {
    if (a.name == name) return std::string(a.advice);
  }
  std::vector<std::string_view> names;
  for (const Symbol& s : kSymbols) names.push_back(s.name);
  for (const std::string_view noun : count_nouns()) names.push_back(noun);
  const std::vector<std::string_view> currencies = rates.currencies();
  names.insert(names.end(), currencies.begin(), currencies.end());
  std::string message = "unknown unit `" + std::string(name.substr(0, 40)) + "`";
  const std::string_view near = nearest_name(name, names);
  // "GIB" is meant to be a unit; "SEK" is no misspelt second.
  const bool currency = is_currency_name(name) && to_lower(near) != to_lower(name);
  if (currency) return message + "; known currencies are " + join(currencies);
  if (!near.empty()) message += ": did you mean `" + std::string(near) + "`?";
  return message;
}

constexpr std::string_view kYen = "¥";
constexpr std::string_view kYenAdvice = "`¥` may be yen or yuan: write `JPY` or `CNY` behind the amount";

// A unit, or a currency whose rate is then kept in `rate`.
tl::expected<Symbol, std::string> take_symbol(Lexer& lexer, const ExchangeRates& rates,
                                              std::optional<ExchangeRate>& rate) {
  lexer.skip_space();
  const std::string_view name = lexer.take_name();
  if (name.empty())
    return tl::unexpected<std::string>("expected a unit at `" + std::string(lexer.rest().substr(0, 20)) +
                                       "`");
  if (name == kYen) return tl::unexpected(std::string(kYenAdvice));
  if (const Symbol* symbol = find_symbol(name)) return *symbol;
  const std::string_view signed_for = currency_of_sign(name);
  const ExchangeRate* found = rates.find(signed_for.empty() ? name : signed_for);
  if (found == nullptr)
    return tl::unexpected(signed_for.empty() ? unknown_unit(name, rates)
                                             : unknown_currency(signed_for, rates));
  rate = *found;
  return Symbol{found->currency, kMoneyDim, found->usd};
}

// "TB", "USD/kWh", "$ already taken /h": multiplies what stands there into the quantity.
tl::expected<void, std::string> take_unit(Lexer& lexer, const ExchangeRates& rates, ParsedQuantity& parsed) {
  if (!parsed.unit) {
    const auto first = take_symbol(lexer, rates, parsed.rate);
    if (!first) return tl::unexpected(first.error());
    parsed.unit = first->dim;
    parsed.value *= first->factor;
  }
  lexer.skip_space();
  while (!lexer.empty()) {
    if (!lexer.take("/"))
      return tl::unexpected<std::string>("cannot read `" + std::string(lexer.rest().substr(0, 20)) + "`");
    const auto next = take_symbol(lexer, rates, parsed.rate);
    if (!next) return tl::unexpected(next.error());
    parsed.unit = *parsed.unit - next->dim;
    parsed.value /= next->factor;
    lexer.skip_space();
  }
  return {};
}

// "€", "-$" and their kind before an amount. Their rate, absent where the text begins otherwise.
tl::expected<std::optional<ExchangeRate>, std::string> take_sign(Lexer& lexer, const ExchangeRates& rates,
                                                                 bool& negative) {
  const std::string_view whole = lexer.rest();
  negative = whole.starts_with("-");
  const std::string_view text = whole.substr(negative ? 1 : 0);
  if (text.starts_with(kYen)) return tl::unexpected(std::string(kYenAdvice));
  const std::string_view sign = leading_sign(text);
  if (sign.empty()) return std::nullopt;
  const ExchangeRate* rate = rates.find(currency_of_sign(sign));
  if (rate == nullptr) return tl::unexpected(unknown_currency(currency_of_sign(sign), rates));
  lexer.take(whole.substr(0, sign.size() + (negative ? 1 : 0)));
  return *rate;
}

bool is_noun(std::string_view word) {
  const auto& nouns = count_nouns();
  return std::find(nouns.begin(), nouns.end(), word) != nouns.end();
}

// A scale letter that ends the number: "7B", "$12M", "2T tokens". "80 GB" and "5 MB" are units, not scales.
double take_scale(Lexer& lexer, bool money) {
  for (const Scale& scale : kScales) {
    if (!lexer.rest().starts_with(scale.name)) continue;
    const std::string_view after = lexer.rest().substr(scale.name.size());
    const bool ends = after.empty() || after[0] == ' ' || (money && after[0] == '/');
    if (!ends) continue;
    const std::string_view word = trim(after);
    const bool of_money =
        word.starts_with("USD") || is_currency_name(word.substr(0, word.find_first_of(" /")));
    if (!word.empty() && !money && !is_noun(word) && !of_money) continue;
    lexer.take(scale.name);
    return scale.factor;
  }
  return 1;
}

}  // namespace

const std::vector<std::string_view>& count_nouns() {
  static const std::vector<std::string_view> nouns = {
      "tokens",   "token",    "samples", "sample", "images", "image",  "steps", "step",     "sequences",
      "sequence", "requests", "request", "runs",   "run",    "epochs", "epoch", "elements", "parameters"};
  return nouns;
}

std::string unknown_currency(std::string_view currency, const ExchangeRates& rates) {
  return "unknown currency `" + std::string(currency.substr(0, 40)) + "`; known are " +
         join(rates.currencies());
}

tl::expected<ParsedQuantity, std::string> parse_quantity(std::string_view text, const ExchangeRates& rates) {
  Lexer lexer(text);
  ParsedQuantity parsed;
  bool negative_money = false;
  const auto sign = take_sign(lexer, rates, negative_money);
  if (!sign) return tl::unexpected(sign.error());
  const bool money = sign->has_value();
  if (money) parsed.unit = kMoneyDim;
  const auto number = take_number(lexer);
  if (!number) return tl::unexpected(number.error());
  parsed.value = money && negative_money ? -*number : *number;
  if (lexer.rest() == "%" || trim(lexer.rest()) == "%") {
    if (money) return tl::unexpected<std::string>("an amount cannot be a percentage");
    parsed.percent = true;
    parsed.value /= 100;
    return parsed;
  }
  parsed.value *= take_scale(lexer, money);
  lexer.skip_space();
  if (!lexer.empty() && is_noun(lexer.rest()) && !money) {
    parsed.noun = std::string(lexer.rest());
  } else if (!lexer.empty()) {
    const auto unit = take_unit(lexer, rates, parsed);
    if (!unit) return tl::unexpected(unit.error());
  }
  if (money && (*sign)->currency != "USD") {
    parsed.rate = **sign;
    parsed.value *= parsed.rate->usd;
  }
  if (!std::isfinite(parsed.value)) return tl::unexpected<std::string>("the number is out of range");
  return parsed;
}

std::string describe_dimension(const Dim& dim) {
  struct Description {
    Dim dim;
    std::string_view words;
  };
  static constexpr Description kDescriptions[] = {
      {kTime, "a duration such as `30 days`"},
      {kData, "an amount of data such as `80 GiB`"},
      {kWork, "an amount of arithmetic such as `7.7 TFLOP`"},
      {kDataRate, "a bandwidth such as `400 GB/s`"},
      {kWorkRate, "a rate of arithmetic such as `989 TFLOP/s`"},
      {kPowerDim, "a power such as `700 W`"},
      {kEnergyDim, "an energy such as `40 kWh`"},
      {kMoneyDim, "an amount of money such as `$12M`"},
      {Dim{.usd = 1, .second = -1}, "a price for time such as `$2.50/h`"},
      {Dim{.usd = 1, .joule = -1}, "a price of energy or power such as `0.08 USD/kWh`"},
      {Dim{.usd = 1, .gram = -1}, "a price of carbon such as `$80/t`"},
      {Dim{.usd = 1, .byte = -1}, "a price of data such as `0.09 USD/GB`"},
      {Dim{.usd = 1, .second = -1, .byte = -1}, "a price of storage such as `0.02 USD/GB/month`"},
  };
  for (const Description& d : kDescriptions) {
    if (d.dim == dim) return std::string(d.words);
  }
  return "a quantity with another unit";
}

std::vector<std::string> unit_spellings(const Dim& dim) {
  std::vector<std::string> spellings;
  for (const Symbol& s : kSymbols) {
    if (s.dim == dim) spellings.emplace_back(s.name);
  }
  for (const Symbol& a : kSymbols) {
    for (const Symbol& b : kSymbols) {
      if (a.dim - b.dim == dim && !(b.dim == Dim{}))
        spellings.push_back(std::string(a.name) + "/" + std::string(b.name));
    }
  }
  return spellings;
}

}  // namespace capplan
