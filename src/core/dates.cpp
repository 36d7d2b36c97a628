#include "core/dates.h"

#include <chrono>

namespace capplan {
namespace {

std::chrono::sys_days day_of(std::string_view iso) {
  const auto number = [&](std::size_t from, std::size_t length) {
    int value = 0;
    for (const char c : iso.substr(from, length)) value = 10 * value + (c - '0');
    return value;
  };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))));
}

}  // namespace

int days_between(std::string_view from, std::string_view to) {
  return static_cast<int>((day_of(to) - day_of(from)).count());
}

}  // namespace capplan
