#include "capplan/catalog/lock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "capplan/plan/plan.h"
#include "capplan/report/report.h"
#include "capplan/spec/load.h"
#include "catalog/digest.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

const LockScope kWhole{{"llama-3-8b"}, std::nullopt};
const LockScope kH100{{"llama-3-8b"}, std::vector<std::string>{"H100-SXM-80GB"}};
constexpr const char* kPinned =
    "version: 1\nname: tune\nkind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 20M}\n"
    "training: {sequence_length: 4096, global_batch: 64}\npin: {accelerator: H100-SXM-80GB}\n";

Lock lock_of(const LockScope& scope) {
  return make_lock(builtin_catalog(), builtin_profiles(), scope, "0.1.0");
}

ReadLock reread(const std::string& text) {
  Result<ReadLock> read = read_lock("capplan.lock", text);
  if (read) return std::move(*read);
  ADD_FAILURE() << format_diagnostic(read.error().front(), text);
  return {};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string result_under(const Catalog& catalog) {
  const auto spec = load_spec("spec.yaml", kPinned, {}, catalog.exchange_rates());
  EXPECT_TRUE(spec);
  const auto plan = make_plan(spec->spec, catalog, {});
  EXPECT_TRUE(plan);
  RenderOptions options;
  options.all = true;
  return render(*plan, Format::kJson, options);
}

// The profiles that the binary carries for locks are those that its tables were made from.
TEST(Lock, ProfilesInTheBinaryGiveItsCatalogue) {
  const auto catalog = load_catalog("profiles", builtin_profiles());
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->sha256(), builtin_catalog().sha256());
  EXPECT_EQ(catalog->tables().offers.size(), builtin_catalog().tables().offers.size());
}

// A scope names models by their ids, a profile is found by its file's name.
TEST(Lock, EveryModelStandsInAFileOfItsName) {
  std::vector<std::string> names;
  for (const ProfileFile& file : builtin_profiles()) names.push_back(file.path);
  const Catalog catalog = builtin_catalog();
  for (const ModelProfile& model : catalog.tables().models) {
    const std::string path = "models/" + std::string(model.id) + ".yaml";
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), path)) << path;
  }
}

TEST(Lock, ReadsBackAsItWasWritten) {
  const Lock lock = lock_of(kH100);
  const ReadLock read = reread(lock_text(lock));
  EXPECT_TRUE(read.breaches.empty());
  EXPECT_EQ(read.lock.engine, "0.1.0");
  EXPECT_EQ(read.lock.as_of, builtin_catalog().as_of());
  EXPECT_EQ(read.lock.catalog_sha256, builtin_catalog().sha256());
  EXPECT_EQ(read.lock.scope, kH100);
  EXPECT_EQ(lock_text(read.lock), lock_text(lock));
  EXPECT_TRUE(lock_changes(lock, read.lock).empty());
}

TEST(Lock, NamesTheFolderOfProfilesThatLocksNothing) {
  Lock lock = lock_of(kH100);
  lock.overlay_folder = "own";
  const ReadLock read = reread(lock_text(lock));
  EXPECT_TRUE(read.breaches.empty());
  EXPECT_EQ(read.lock.overlay_folder, "own");
}

TEST(Lock, HoldsWhatItsScopeNames) {
  const auto catalog = locked_catalog("capplan.lock", lock_of(kH100));
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->tables().models.size(), 1U);
  EXPECT_FALSE(catalog->tables().offers.empty());
  for (const Offer& offer : catalog->tables().offers) EXPECT_EQ(offer.accelerator, "H100-SXM-80GB");
  EXPECT_EQ(catalog->tables().accelerators.size(), builtin_catalog().tables().accelerators.size());
}

TEST(Lock, GivesTheSameResult) {
  const std::string without = result_under(builtin_catalog());
  for (const LockScope& scope : {kH100, kWhole}) {
    const auto locked = locked_catalog("capplan.lock", reread(lock_text(lock_of(scope))).lock);
    ASSERT_TRUE(locked);
    EXPECT_EQ(result_under(*locked), without);
  }
}

// What a newer program has in its profiles does not reach an estimate under an older lock: the catalogue is
// made of the lock alone.
TEST(Lock, KeepsDateAndDigestOfTheCatalogueItWasMadeFrom) {
  Lock lock = lock_of(kH100);
  lock.as_of = "2031-01-01";
  lock.catalog_sha256 = sha256_hex("another");
  const auto locked = locked_catalog("capplan.lock", lock);
  ASSERT_TRUE(locked);
  EXPECT_EQ(locked->as_of(), "2031-01-01");
  EXPECT_EQ(locked->sha256(), sha256_hex("another"));
}

TEST(Lock, NamesTheRowThatWasChanged) {
  const std::string text = lock_text(lock_of(kH100));
  const std::size_t file = text.find("\"offers/");
  const std::size_t header = text.find('\n', text.find('\n', file) + 1);
  const std::size_t price = text.find(",on-demand,", header);
  const std::size_t digit = text.find_first_of("0123456789", price + 11);
  std::string changed = text;
  changed[digit] = changed[digit] == '9' ? '8' : '9';
  const ReadLock read = reread(changed);
  ASSERT_EQ(read.breaches.size(), 1U);
  EXPECT_EQ(read.breaches[0].kind, LockBreach::Kind::kChanged);
  EXPECT_TRUE(read.breaches[0].row.starts_with("offers/")) << read.breaches[0].row;
  EXPECT_NE(read.breaches[0].row.find("H100-SXM-80GB"), std::string::npos) << read.breaches[0].row;
  EXPECT_GT(read.breaches[0].line, 1);
}

TEST(Lock, NamesTheRowThatIsMissing) {
  const std::string text = lock_text(lock_of(kH100));
  const std::size_t begin = text.find("    EUR,");
  const std::size_t end = text.find('\n', begin) + 1;
  const ReadLock read = reread(text.substr(0, begin) + text.substr(end));
  ASSERT_EQ(read.breaches.size(), 1U);
  EXPECT_EQ(read.breaches[0].kind, LockBreach::Kind::kMissing);
  EXPECT_TRUE(read.breaches[0].row.starts_with("exchange.csv EUR 20")) << read.breaches[0].row;
}

TEST(Lock, NamesTheRowThatWasSlippedIn) {
  const std::string text = lock_text(lock_of(kH100));
  const std::size_t begin = text.find("    EUR,");
  const ReadLock read =
      reread(text.substr(0, begin) + "    SEK,2026-05-08,0.1,made up,\n" + text.substr(begin));
  ASSERT_EQ(read.breaches.size(), 1U);
  EXPECT_EQ(read.breaches[0].kind, LockBreach::Kind::kUnlisted);
  EXPECT_EQ(read.breaches[0].row, "exchange.csv SEK 2026-05-08");
}

TEST(Lock, ItsHeadIsARowToo) {
  const std::string text = lock_text(lock_of(kH100));
  const ReadLock read = reread(replaced(text, "engine: \"0.1.0\"", "engine: \"0.2.0\""));
  ASSERT_EQ(read.breaches.size(), 1U);
  EXPECT_EQ(read.breaches[0].row, "lock");
}

// One byte anywhere: refused as no lock, or a breach; never taken.
TEST(Lock, NoByteCanChangeUnseen) {
  const std::string text = lock_text(lock_of(kH100));
  const std::size_t head = text.find("version:");
  std::mt19937 draw(7);  // its sequence is the same everywhere
  for (int i = 0; i < testing::random_cases(60); ++i) {
    std::string changed = text;
    const std::size_t at = head + draw() % (text.size() - head);
    const char to = static_cast<char>('!' + draw() % 90);
    if (changed[at] == to || changed[at] == '\n') continue;
    changed[at] = to;
    const auto read = read_lock("capplan.lock", changed);
    if (!read || !read->breaches.empty()) continue;
    // YAML has more than one way to write a text: what it says must be the same.
    EXPECT_EQ(lock_text(read->lock), text) << "byte " << at << " as " << to;
  }
}

TEST(Lock, CutOffAnywhereItIsNoLock) {
  const std::string text = lock_text(lock_of(kH100));
  std::mt19937 draw(11);
  for (int i = 0; i < testing::random_cases(40); ++i) {
    const std::size_t size = draw() % (text.size() - 1);
    const auto read = read_lock("capplan.lock", text.substr(0, size));
    EXPECT_TRUE(!read || !read->breaches.empty()) << size;
  }
}

TEST(Lock, SaysEverythingThatIsWrong) {
  const auto read =
      read_lock("capplan.lock",
                "version: 2\nengine: [1]\nas_of: soon\ncatalog: abc\nmodels: llama\noffers: some\n"
                "files: none\nextra: 1\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().size(), 8U);
  EXPECT_EQ(read.error().front().location.line, 1);
  EXPECT_EQ(read.error().back().location.line, 8);
}

TEST(Lock, TakesNoControlCharacters) {
  const std::string text = lock_text(lock_of(kH100));
  EXPECT_FALSE(read_lock("capplan.lock", replaced(text, "engine: \"0.1.0\"", "engine: \"\\x1b[2J\"")));
}

TEST(Lock, ChangesAreOfCells) {
  const Lock before = lock_of(kH100);
  Lock after = before;
  for (ProfileFile& file : after.files) {
    if (file.path == "exchange.csv") file.text = replaced(file.text, "EUR,20", "CHF,20");
    if (file.path == "carbon.csv") file.text = replaced(file.text, "world", "globe");
    if (file.path.starts_with("offers/") && file.text.find(",ok,") != std::string::npos)
      file.text = replaced(file.text, ",ok,", ",stale,");
  }
  const auto changes = lock_changes(before, after);
  const auto count = [&](LockChange::Kind kind, std::string_view row) {
    return std::count_if(changes.begin(), changes.end(),
                         [&](const LockChange& c) { return c.kind == kind && c.row.starts_with(row); });
  };
  EXPECT_EQ(count(LockChange::Kind::kRemoved, "exchange.csv EUR"), 1);
  EXPECT_EQ(count(LockChange::Kind::kAdded, "exchange.csv CHF"), 1);
  EXPECT_EQ(count(LockChange::Kind::kAdded, "carbon.csv globe"), 1);
  const auto stale =
      std::find_if(changes.begin(), changes.end(), [](const LockChange& c) { return c.column == "status"; });
  ASSERT_NE(stale, changes.end());
  EXPECT_EQ(stale->before, "ok");
  EXPECT_EQ(stale->after, "stale");
}

TEST(Lock, HoldsAnOverlayWithItsAdjustments) {
  const std::vector<ProfileFile> files = {
      {"exchange.csv", "currency,as_of,usd,source,notes\r\nSEK,2026-05-08,0.1,ours,\r\n\r\n"}};
  const auto whole = overlay_catalog(builtin_catalog(), "own", files);
  ASSERT_TRUE(whole);
  Lock lock = make_lock(*whole, builtin_profiles(), kH100, "0.1.0");
  lock.overlay_folder = "own";
  lock.overlay = files;
  const ReadLock read = reread(lock_text(lock));
  EXPECT_TRUE(read.breaches.empty());
  const auto locked = locked_catalog("capplan.lock", read.lock);
  ASSERT_TRUE(locked);
  EXPECT_NE(locked->exchange_rates().find("SEK"), nullptr);
  EXPECT_EQ(locked->sha256(), whole->sha256());
}

// Rows of one key beside one whose key is the name that the second of them gets; a tab where YAML forbids
// one; every way of ending a line.
TEST(Lock, OddTextsReadBackAsTheyWereWritten) {
  Lock lock = lock_of(kH100);
  lock.files.push_back({"offers/twins.csv", "accelerator,count\nA #2,\nA,\nA,\n"});
  lock.files.push_back({"notes.csv", "a\r\n\tb\n   \tc\rd\r"});
  const ReadLock read = reread(lock_text(lock));
  EXPECT_TRUE(read.breaches.empty());
  ASSERT_EQ(read.lock.files.size(), lock.files.size());
  EXPECT_EQ(read.lock.files.back().text, "a\n\tb\n   \tc\nd\n");
  EXPECT_EQ(lock_text(read.lock), lock_text(lock));
}

TEST(Lock, APathThatYamlCouldNotReadBackIsRefused) {
  Lock lock = lock_of(kH100);
  lock.files.front().path = std::string(251, 'a');
  EXPECT_FALSE(read_lock("capplan.lock", lock_text(lock)));
  lock.files.front().path = std::string(250, '"');
  EXPECT_TRUE(read_lock("capplan.lock", lock_text(lock)));
}

}  // namespace
}  // namespace capplan
