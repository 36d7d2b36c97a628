#include "report/chart.h"

#include <algorithm>
#include <cmath>

#include "report/figures.h"
#include "report/grid.h"

namespace capplan {
namespace {

constexpr int kRows = 12;
constexpr int kUsualWidth = 80;
constexpr int kLeastColumns = 20;
constexpr int kMostColumns = 100;

double value_at(const std::vector<ChartPoint>& line, double x) {
  const auto after = std::find_if(line.begin(), line.end(), [&](const ChartPoint& p) { return p.x >= x; });
  if (after == line.begin()) return line.front().usd;
  if (after == line.end()) return line.back().usd;
  const ChartPoint& before = *(after - 1);
  return before.usd + (after->usd - before.usd) * (x - before.x) / (after->x - before.x);
}

class Canvas {
 public:
  Canvas(const Chart& chart, int columns)
      : chart_(chart), columns_(columns), cells_(kRows, std::vector<std::string>(at(columns), " ")) {
    for (const auto* line : {&chart.owning, &chart.renting}) {
      for (const ChartPoint& p : *line) most_ = std::max(most_, p.usd);
    }
  }

  void line(const std::vector<ChartPoint>& points, const std::string& mark) {
    for (int c = 0; c < columns_; ++c) {
      const double x = chart_.x_most * c / (columns_ - 1);
      cells_[row_of(value_at(points, x))][at(c)] = mark;
    }
  }
  void mark_crossing(double x) { cells_[row_of(value_at(chart_.owning, x))][at(column_of(x))] = "×"; }
  int column_of(double x) const {
    return static_cast<int>(std::lround(std::clamp(x / chart_.x_most, 0.0, 1.0) * (columns_ - 1)));
  }
  double most() const { return most_; }
  std::string row(int r) const {
    std::string text;
    for (const std::string& cell : cells_[at(r)]) text += cell;
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  std::size_t row_of(double usd) const {
    const double share = most_ > 0 ? std::clamp(usd / most_, 0.0, 1.0) : 0;
    return at(static_cast<int>(std::lround((1 - share) * (kRows - 1))));
  }

  const Chart& chart_;
  int columns_;
  double most_ = 0;
  std::vector<std::vector<std::string>> cells_;
};

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t shown = display_width(text);
  return std::string(width > shown ? width - shown : 0, ' ') + text;
}

}  // namespace

std::string draw(const Chart& chart, const RenderOptions& options) {
  constexpr std::size_t kLabel = 8;
  const int width = options.width > 0 ? options.width : kUsualWidth;
  const int columns = std::clamp(width - static_cast<int>(kLabel) - 3, kLeastColumns, kMostColumns);
  Canvas canvas(chart, columns);
  canvas.line(chart.renting, "·");
  canvas.line(chart.owning, "◆");
  if (chart.crossing) canvas.mark_crossing(*chart.crossing);
  std::string out;
  for (int r = 0; r < kRows; ++r) {
    const bool labelled = r == 0 || r == kRows - 1 || r == (kRows - 1) / 2;
    const double usd = canvas.most() * (1 - static_cast<double>(r) / (kRows - 1));
    const std::string line = padded(labelled ? short_money_text(usd) : "", kLabel) + " |" + canvas.row(r);
    out += line + "\n";
  }
  out += std::string(kLabel, ' ') + " +" + std::string(static_cast<std::size_t>(columns), '-') + "\n";
  const std::size_t room = static_cast<std::size_t>(columns) -
                           std::min(display_width(chart.x_first), static_cast<std::size_t>(columns));
  std::string axis = std::string(kLabel + 2, ' ');
  if (chart.now)
    out += axis + std::string(static_cast<std::size_t>(canvas.column_of(*chart.now)), ' ') + "▲\n";
  return out + axis + chart.x_first + padded(chart.x_last, room) + "\n";
}

}  // namespace capplan
