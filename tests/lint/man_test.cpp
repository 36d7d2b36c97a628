// docs/man/capplan.1 is what the program makes of its options. CAPPLAN_UPDATE_GOLDEN=1 writes it anew.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/program.h"

namespace capplan {
namespace {

const std::filesystem::path kPage = std::filesystem::path(CAPPLAN_SOURCE_DIR) / "docs/man/capplan.1";

TEST(Man, IsWhatTheProgramMakes) {
  const TestFolder folder;
  const Printed printed = run_in(folder.path(), "capplan help --man");
  EXPECT_EQ(printed.exit, 0);
  if (std::getenv("CAPPLAN_UPDATE_GOLDEN") != nullptr) std::ofstream(kPage, std::ios::binary) << printed.out;
  std::ifstream in(kPage, std::ios::binary);
  EXPECT_EQ(printed.out, std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST(Man, CanBeRead) {
  if (!has_program("groff")) GTEST_SKIP() << "there is no groff";
  const TestFolder folder;
  const Printed printed =
      run_in(folder.path(), "groff -man -ww -Tutf8 -K utf8 -P -cbou '" + kPage.string() + "'");
  EXPECT_EQ(printed.exit, 0);
  EXPECT_EQ(printed.err, "");
  EXPECT_NE(printed.out.find("EXIT STATUS"), std::string::npos);
}

}  // namespace
}  // namespace capplan
