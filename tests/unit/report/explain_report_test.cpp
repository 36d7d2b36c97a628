#include "report/explain_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "explain/nodes.h"

namespace capplan {
namespace {

// 2 accelerators x 3 h x $2.50, and $1.25 of storage.
Derivation sample() {
  Derivation count = by_rule("accelerators", 2, "", "the spec");
  count.place = {"spec.yaml", 4, 7, 1};
  const Derivation hours = leaf("hours", 3, "h", Evidence::kMeasured, "a fit", "2026-11-26");
  const Derivation price =
      leaf("price", 2.5, "USD/h", Evidence::kListPrice, "a page with _underscores_ and | bars", "2026-09-20");
  return node("total", "USD", Operation::kSum,
              {node("compute", "USD", Operation::kProduct, {count, hours, price}, "section 5"),
               leaf("storage", 1.25, "USD", Evidence::kUnverified, "general knowledge", "2026-01-01")});
}

std::string shown(const RenderOptions& options, Format format = Format::kTable) {
  return render_derivation(sample(), format, options);
}

TEST(ExplainReport, ALineIsNameValueFormulaAndOrigin) {
  EXPECT_EQ(shown({}),
            "total = 16.25 USD = 15.00 USD + 1.25 USD\n"
            "├─ compute = 15.00 USD = 2 × 3 × 2.5 [section 5]\n"
            "│  ├─ accelerators = 2 [assumption: the spec, spec.yaml:4:7]\n"
            "│  ├─ hours = 3 h [measured: a fit, 2026-11-26]\n"
            "│  └─ price = 2.5 USD/h [list price: a page with _underscores_ and | bars, 2026-09-20]\n"
            "└─ storage = 1.25 USD [unverified: general knowledge, 2026-01-01]\n");
}

TEST(ExplainReport, BarsGoOnThroughWrappedLines) {
  RenderOptions narrow;
  narrow.width = 40;
  EXPECT_EQ(shown(narrow),
            "total = 16.25 USD = 15.00 USD + 1.25 USD\n"
            "├─ compute = 15.00 USD = 2 × 3 × 2.5\n"
            "│  │    [section 5]\n"
            "│  ├─ accelerators = 2 [assumption: the\n"
            "│  │    spec, spec.yaml:4:7]\n"
            "│  ├─ hours = 3 h [measured: a fit,\n"
            "│  │    2026-11-26]\n"
            "│  └─ price = 2.5 USD/h [list price: a\n"
            "│       page with _underscores_ and |\n"
            "│       bars, 2026-09-20]\n"
            "└─ storage = 1.25 USD [unverified:\n"
            "     general knowledge, 2026-01-01]\n");
}

TEST(ExplainReport, AsciiHasNothingElse) {
  RenderOptions plain;
  plain.ascii = true;
  const std::string text = shown(plain);
  EXPECT_TRUE(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) > 126; })) << text;
  EXPECT_NE(text.find("|  `- price = 2.5 USD/h"), std::string::npos) << text;
}

TEST(ExplainReport, CsvHasARowForEachNode) {
  EXPECT_EQ(shown({}, Format::kCsv),
            "depth,name,value,unit,operation,source,as_of,place,evidence\n"
            "0,total,16.25,USD,sum,,,,\n"
            "1,compute,15,USD,product,section 5,,,\n"
            "2,accelerators,2,,given,the spec,,spec.yaml:4:7,assumption\n"
            "2,hours,3,h,given,a fit,2026-11-26,,measured\n"
            "2,price,2.5,USD/h,given,a page with _underscores_ and | bars,2026-09-20,,list price\n"
            "1,storage,1.25,USD,given,general knowledge,2026-01-01,,unverified\n");
}

TEST(ExplainReport, MarkdownIsANestedList) {
  const std::string text = shown({}, Format::kMarkdown);
  EXPECT_EQ(text.substr(0, text.find('\n')), "- **total** = 16.25 USD = 15.00 USD + 1.25 USD");
  EXPECT_NE(
      text.find("\n    - **price** = 2.5 USD/h \\[list price: a page with \\_underscores\\_ and \\| bars"),
      std::string::npos)
      << text;
}

TEST(ExplainReport, WhatCameBeforeIsShownByItsValue) {
  const Derivation once =
      node("hours", "h", Operation::kProduct, {definition("a", 2, ""), definition("b", 3, "h")});
  const Derivation twice = node("both", "h", Operation::kSum, {once, once});
  const std::string text = render_derivation(twice, Format::kTable, {});
  EXPECT_NE(text.find("└─ hours = 6 h (as above)\n"), std::string::npos) << text;
}

TEST(ExplainNodes, OperationsOfOneOrTwoParts) {
  const auto made = [](Operation operation, std::vector<double> values) {
    std::vector<Derivation> parts;
    for (const double value : values) parts.push_back(definition("part", value, ""));
    return node("made", "", operation, std::move(parts)).value;
  };
  EXPECT_DOUBLE_EQ(made(Operation::kPower, {1.08, -2}), 1 / (1.08 * 1.08));
  EXPECT_DOUBLE_EQ(made(Operation::kLogarithm, {std::exp(2.0)}), 2);
  EXPECT_DOUBLE_EQ(made(Operation::kSquareRoot, {6.25}), 2.5);
  EXPECT_DOUBLE_EQ(made(Operation::kCeiling, {3 + 1e-12}), 3);
  EXPECT_DOUBLE_EQ(made(Operation::kQuotient, {12, 2, 3}), 2);
  EXPECT_DOUBLE_EQ(made(Operation::kDifference, {12, 2, 3}), 7);
}

}  // namespace
}  // namespace capplan
