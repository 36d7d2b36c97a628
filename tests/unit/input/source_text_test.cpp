#include "input/source_text.h"

#include <gtest/gtest.h>
#include <unistd.h>  // getpid

#include <filesystem>
#include <fstream>
#include <string>

namespace capplan {
namespace {

namespace fs = std::filesystem;

class SourceTextFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("capplan-source-text-" + std::to_string(::getpid()));
    std::ofstream(path_, std::ios::binary) << "0123456789";
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  fs::path path_;
};

TEST_F(SourceTextFile, IsReadWhole) {
  const auto source = read_source(path_.string(), 10);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->text, "0123456789");
  EXPECT_EQ(source->name, path_.string());
}

TEST_F(SourceTextFile, AboveTheLimitIsRefused) {
  const auto source = read_source(path_.string(), 9);
  ASSERT_FALSE(source.has_value());
  EXPECT_NE(source.error().reason.find("is larger than"), std::string::npos);
}

TEST(SourceText, FoldersAndMissingFilesAreTold) {
  const auto folder = read_source(fs::temp_directory_path().string(), kYamlLimit);
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().reason, "is a directory");
  const auto missing = read_source("no/such/file.yaml", kYamlLimit);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().path, "no/such/file.yaml");
  EXPECT_FALSE(missing.error().reason.empty());
}

TEST(SourceText, AnEndlessFileIsCutOff) {
  const auto source = read_source("/dev/zero", 1 << 17);
  ASSERT_FALSE(source.has_value());
  EXPECT_NE(source.error().reason.find("is larger than"), std::string::npos);
}

TEST(SourceText, FindsBinary) {
  using namespace std::string_literals;
  constexpr auto kNone = std::string_view::npos;
  EXPECT_EQ(find_binary(""), kNone);
  EXPECT_EQ(find_binary("plain\n\ttext"), kNone);
  EXPECT_EQ(find_binary("größe 模型 😀"), kNone);
  EXPECT_EQ(find_binary("ab\0c"s), 2U);
  EXPECT_EQ(find_binary("ab\xff"), 2U);
  EXPECT_EQ(find_binary("gr\xf6sse"), 2U);
  EXPECT_EQ(find_binary("cut \xe6\xa8"), 4U);
  EXPECT_EQ(find_binary("\x80"), 0U);
  EXPECT_EQ(find_binary("\xc0\xaf"), 0U);          // overlong
  EXPECT_EQ(find_binary("\xf5\x80\x80\x80"), 0U);  // beyond Unicode
  EXPECT_EQ(find_binary("\xe0\x80\xaf"), 0U);      // overlong in three bytes
  EXPECT_EQ(find_binary("\xed\xa0\x80"), 0U);      // a surrogate
  EXPECT_EQ(find_binary("\xf0\x80\x80\x80"), 0U);
  EXPECT_EQ(find_binary("\xf4\x90\x80\x80"), 0U);
}

}  // namespace
}  // namespace capplan
