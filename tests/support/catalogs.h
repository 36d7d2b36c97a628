// Catalogues for tests: the one in the binary, and small ones of real profiles with prices of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "capplan/catalog/catalog.h"

namespace capplan::testing {

inline const Catalog& builtin() {
  static const Catalog catalog = builtin_catalog();
  return catalog;
}

inline const std::vector<ProfileFile>& profile_files() {
  static const std::vector<ProfileFile> files = [] {
    auto read = read_profile_folder(std::string(CAPPLAN_SOURCE_DIR) + "/profiles");
    if (!read) throw std::runtime_error(read.error());
    return *read;
  }();
  return files;
}

// The text of a real profile.
inline std::string profile_text(const std::string& path) {
  for (const ProfileFile& file : profile_files()) {
    if (file.path == path) return file.text;
  }
  throw std::runtime_error("no profile " + path);
}

inline std::string messages(const Diagnostics& problems) {
  std::string all;
  for (const Diagnostic& d : problems) {
    all += d.location.file + ":" + std::to_string(d.location.line) + ":" + std::to_string(d.location.column) +
           ": " + d.message + "\n";
  }
  return all;
}

// Real accelerators, figures and sites and two models, but nobody who sells anything. Reading all models
// takes most of the time of a small catalogue.
inline std::vector<ProfileFile> files_without_market() {
  std::vector<ProfileFile> files;
  for (const ProfileFile& file : profile_files()) {
    const bool market = file.path.starts_with("offers/") || file.path.starts_with("providers/") ||
                        file.path == "price_exceptions.csv";
    const bool other_model = file.path.starts_with("models/") && file.path != "models/llama-3-8b.yaml" &&
                             file.path != "models/resnet-50.yaml";
    if (!market && !other_model) files.push_back(file);
  }
  return files;
}

struct Row {
  std::string provider;
  std::string accelerator = "H100-SXM-80GB";
  double usd_per_hour = 1;
  std::string purchase = "on-demand";
  std::string as_of = "2026-06-01";
  int count = 1;
  std::string machine = "";
  std::string region = "";
  std::string tier = "";
  std::string basis = "list";
  std::string cluster = "";
  std::string term_min_h = "";
  std::string term_max_h = "";
  std::string memory_gib = "";
  std::string status = "ok";
  std::string country = "";
  std::string upfront_percent = "";
};

inline std::string csv_line(const Row& r) {
  return r.accelerator + ",," + std::to_string(r.count) + "," + r.machine + "," + r.region + ",," +
         r.country + "," + r.purchase + "," + r.tier + "," + std::to_string(r.usd_per_hour) + "," +
         r.upfront_percent + "," + r.term_min_h + "," + r.term_max_h + "," + r.basis + "," + r.cluster + "," +
         r.memory_gib + ",,," + r.status + "," + r.as_of + ",a test,\n";
}

inline const std::string kOfferHeader =
    "accelerator,stated_as,count,machine,region,area,country,purchase,tier,usd_per_hour,upfront_percent,"
    "term_min_h,term_max_h,basis,cluster,memory_gib,vcpus,host_memory_gib,status,as_of,source,notes\n";

// A provider that states nothing but its kind and, where asked for, a cluster `c` of 8-accelerator nodes.
inline std::string provider_text(const std::string& id, const std::string& option = "rental",
                                 const std::string& more = "") {
  return "id: " + id + "\nname: " + id + "\noption: " + option + "\n" + more +
         "clusters:\n  - id: c\n    fabric: InfiniBand\n    per_node: 8\n    source: a test\n    as_of: "
         "2026-01-01\nsource: a test\nas_of: 2026-01-01\n";
}

struct Seller {
  std::string id;
  std::string option = "rental";
  std::string more = "";  // further keys of the provider's file
};

// Sellers that rows name but the list does not are plain rental providers.
inline Catalog market_of(const std::vector<Row>& rows, std::vector<Seller> sellers = {}) {
  std::vector<ProfileFile> files = files_without_market();
  for (const Row& row : rows) {
    bool known = false;
    for (const Seller& seller : sellers) known = known || seller.id == row.provider;
    if (!known) sellers.push_back({row.provider});
  }
  for (const Seller& seller : sellers) {
    files.push_back(
        {"providers/" + seller.id + ".yaml", provider_text(seller.id, seller.option, seller.more)});
    std::string offers = kOfferHeader;
    for (const Row& row : rows) {
      if (row.provider == seller.id) offers += csv_line(row);
    }
    files.push_back({"offers/" + seller.id + ".csv", offers});
  }
  auto catalog = load_catalog("test", files);
  if (!catalog) throw std::runtime_error(messages(catalog.error()));
  return *catalog;
}

}  // namespace capplan::testing
