#include "report/grid.h"

#include <gtest/gtest.h>

#include <sstream>

namespace capplan {
namespace {

Grid sample() {
  Grid grid;
  grid.columns = {{"a", "NAME", false, 0}, {"b", "COST", true, 0}, {"c", "NOTE", false, 3}};
  grid.rows = {{{"first", "$1", "a longer remark"}, {"below it"}, true},
               {{"zweite – ü", "$12", ""}, {}, false}};
  return grid;
}

TEST(GridTest, AlignsByCharactersNotBytes) {
  const std::string text = render_grid(sample(), {});
  EXPECT_EQ(text,
            " NAME        COST  NOTE\n"
            " first         $1  a longer remark\n"
            "     below it\n"
            " zweite – ü   $12\n");
}

TEST(GridTest, DropsTheLeastImportantColumnAndSaysSo) {
  RenderOptions narrow;
  narrow.width = 24;
  const std::string text = render_grid(sample(), narrow);
  EXPECT_EQ(text.find("NOTE"), std::string::npos);
  EXPECT_NE(text.find("1 column hidden"), std::string::npos);
}

TEST(GridTest, KeepsColumnsThatMustStayHoweverNarrow) {
  RenderOptions narrow;
  narrow.width = 5;
  EXPECT_NE(render_grid(sample(), narrow).find("COST"), std::string::npos);
}

TEST(GridTest, MarkdownIsInert) {
  EXPECT_EQ(inert_markdown("<b> [a](x) @me `<b> @me` 1 < 2, a@ b"),
            "\\<b> [a\\](x) @<!-- -->me `<b> @me` 1 < 2, a@ b");
  EXPECT_EQ(inert_markdown("</a> <!-- <?php"), "\\</a> \\<!-- \\<?php");
}

TEST(GridTest, EscapesBarsInMarkdown) {
  Grid grid;
  grid.columns = {{"a", "A", false, 0}};
  grid.rows = {{{"x|y"}, {}, false}};
  EXPECT_EQ(render_markdown(grid), "| A |\n|---|\n| x\\|y |\n");
}

TEST(GridTest, NamesCannotSteerTheTerminal) {
  Grid grid;
  grid.columns = {{"a", "A", false, 0}};
  grid.rows = {{{"x\x1b[31m\ny"}, {"be\tlow"}, false}};
  EXPECT_EQ(render_grid(grid, {}), " A\n x?[31m?y\n     be?low\n");
  EXPECT_EQ(render_markdown(grid), "| A |\n|---|\n| x?[31m?y |\n");
}

TEST(GridTest, WrapsAtSpacesAndNeverInsideWords) {
  const std::string text = wrap("one two three-which-is-long four", 12, "- ", 2);
  std::istringstream lines(text);
  std::string line;
  std::string words;
  while (std::getline(lines, line)) words += line;
  EXPECT_EQ(text, "- one two\n  three-which-is-long\n  four");
  EXPECT_EQ(wrap("unbounded text stays on one line", 0, "", 0), "unbounded text stays on one line");
}

TEST(GridTest, AsciiHasNothingElse) {
  for (const char c : to_ascii("8 × A – B · ✔ ✘ ◆ … —")) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

}  // namespace
}  // namespace capplan
