// Includes point down the layers only, and each third-party library stands behind the files named here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Layer {
  std::string_view name;
  int rank;  // a layer sees itself and those of a lower rank; equal ranks do not see each other
};

constexpr std::array kLayers = {
    Layer{"core", 0},    Layer{"input", 1},   Layer{"optimum", 1},     Layer{"model", 2},    Layer{"spec", 3},
    Layer{"catalog", 3}, Layer{"demand", 4},  Layer{"performance", 5}, Layer{"backtest", 6}, Layer{"cost", 6},
    Layer{"plan", 7},    Layer{"explain", 8}, Layer{"gate", 8},        Layer{"report", 9},   Layer{"cli", 10},
};

struct Library {
  std::string_view include;              // how its includes begin
  std::vector<std::string_view> places;  // where they may stand: files, or folders ending in '/'
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> all = {
      {"yaml-cpp/", {"src/input/yaml.cpp"}},
      {"CLI/", {"src/cli/"}},
      {"nlohmann/",
       {"src/input/json_text.cpp", "src/input/json_schema.cpp", "src/model/hf_config.cpp",
        "src/backtest/run_record.cpp", "src/gate/read_result.cpp", "src/report/json_text.h",
        "src/report/backtest_report.cpp"}},
      {"Eigen/", {"src/backtest/least_squares.cpp"}},
      {"unsupported/Eigen/", {"src/backtest/least_squares.cpp"}},
      {"csv.h", {"src/input/csv.cpp"}},
      {"Cbc_C_Interface.h", {"src/optimum/mixed_integer_program.cpp"}},
  };
  return all;
}

struct Include {
  std::string file;  // relative to the root, with '/'
  int line;
  std::string target;
  bool angled;
};

std::string where(const Include& include) { return include.file + ":" + std::to_string(include.line); }

std::vector<Include> includes_of(const fs::path& root, const fs::path& path) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Include> found;
  std::ifstream in(path);
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    std::smatch match;
    if (std::regex_search(text, match, pattern)) {
      found.push_back({fs::relative(path, root).generic_string(), line, match[2], match[1] == "<"});
    }
  }
  return found;
}

std::vector<Include> all_includes() {
  const fs::path root = CAPPLAN_SOURCE_DIR;
  std::vector<Include> found;
  for (const char* folder : {"src", "include"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".h") continue;
      const auto more = includes_of(root, entry.path());
      found.insert(found.end(), more.begin(), more.end());
    }
  }
  return found;
}

// The first folder of a path below one of the prefixes; none for a file that stands right below it.
std::optional<std::string> folder_below(std::string path, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (path.starts_with(prefix)) {
      path.erase(0, prefix.size());
      break;
    }
  }
  const auto slash = path.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return path.substr(0, slash);
}

const Layer* find_layer(std::string_view name) {
  const auto* layer = std::ranges::find(kLayers, name, &Layer::name);
  return layer == kLayers.end() ? nullptr : layer;
}

bool may_include(const Layer& from, const Layer& to) { return from.name == to.name || to.rank < from.rank; }

bool may_stand_in(const Library& library, std::string_view file) {
  return std::ranges::any_of(library.places, [&](std::string_view place) {
    return place.ends_with('/') ? file.starts_with(place) : file == place;
  });
}

TEST(Layers, EverySourceFolderIsALayer) {
  const fs::path root = CAPPLAN_SOURCE_DIR;
  for (const char* folder : {"src", "include/capplan"}) {
    for (const auto& entry : fs::directory_iterator(root / folder)) {
      if (!entry.is_directory()) continue;
      if (entry.path().filename() == "cmake") continue;  // build files, no sources
      EXPECT_NE(find_layer(entry.path().filename().string()), nullptr)
          << entry.path() << " is no layer: give it a place in kLayers";
    }
  }
}

TEST(Layers, IncludesPointDown) {
  const auto includes = all_includes();
  EXPECT_FALSE(includes.empty());
  for (const Include& include : includes) {
    EXPECT_EQ(include.target.find(".."), std::string::npos)
        << where(include) << ": name " << include.target << " from the source root";
    const auto from = folder_below(include.file, {"src/", "include/capplan/"});
    const auto to = folder_below(include.target, {"capplan/"});
    if (!from || !to) continue;  // main.cpp sees all; a header without a folder is the standard library's
    if (include.angled && !include.target.starts_with("capplan/")) continue;
    const Layer* source = find_layer(*from);
    const Layer* target = find_layer(*to);
    if (source == nullptr || target == nullptr) continue;
    EXPECT_TRUE(may_include(*source, *target))
        << where(include) << ": " << source->name << " may not include " << include.target;
  }
}

TEST(Layers, LibrariesStandBehindTheirFiles) {
  for (const Include& include : all_includes()) {
    for (const Library& library : libraries()) {
      if (!include.angled && library.include == "csv.h") continue;  // "csv.h" would be a header of one's own
      if (!include.target.starts_with(library.include)) continue;
      EXPECT_TRUE(may_stand_in(library, include.file))
          << where(include) << ": " << include.target << " may not be included here";
    }
  }
}

TEST(Layers, RuleRefusesUpwardAndSidewaysArrows) {
  const auto arrow = [](std::string_view from, std::string_view to) {
    return may_include(*find_layer(from), *find_layer(to));
  };
  EXPECT_TRUE(arrow("cost", "cost"));
  EXPECT_TRUE(arrow("demand", "spec"));
  EXPECT_TRUE(arrow("cli", "core"));
  EXPECT_FALSE(arrow("demand", "performance"));
  EXPECT_FALSE(arrow("spec", "catalog"));
  EXPECT_FALSE(arrow("catalog", "spec"));
  EXPECT_FALSE(arrow("core", "input"));
}

}  // namespace
