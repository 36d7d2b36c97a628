// Build tool: profiles/ in, constant tables and the profiles' text out. Fails where a profile is wrong or a
// price cannot be right.
#include <cstdio>
#include <fstream>
#include <string>

#include "capplan/catalog/catalog.h"
#include "catalog/check_prices.h"
#include "catalog/emit_tables.h"

namespace {

std::string text_of(const std::vector<capplan::ProfileFile>& files, const std::string& path) {
  for (const capplan::ProfileFile& file : files) {
    if (file.path == path) return file.text;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s PROFILES TABLES.cpp TEXTS.cpp\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  const auto files = capplan::read_profile_folder(folder);
  if (!files) {
    std::fprintf(stderr, "%s\n", files.error().c_str());
    return 7;
  }
  auto catalog = capplan::load_catalog(folder, *files);
  capplan::Diagnostics problems;
  if (catalog) {
    problems = capplan::check_prices(*catalog, folder + "/price_exceptions.csv",
                                     text_of(*files, "price_exceptions.csv"));
  } else {
    problems = catalog.error();
  }
  for (const capplan::Diagnostic& problem : problems)
    std::fprintf(stderr, "%s", capplan::format_diagnostic(problem, "").c_str());
  if (capplan::has_errors(problems)) return 3;
  std::ofstream(argv[2], std::ios::binary) << capplan::emit_tables(*catalog);
  std::ofstream(argv[3], std::ios::binary) << capplan::emit_profiles(*files);
  return 0;
}
