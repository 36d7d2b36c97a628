// A lock (capplan.lock): the profiles that specs rest on, as they stood when it was written, with a digest of
// every row. An estimate under a lock reads nothing of the catalogue in the binary, so it gives the same
// result with a newer one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/catalog/catalog.h"

namespace capplan {

// The largest lock that is read; one of the whole catalogue has about 3 MB, a usual one a tenth of that.
inline constexpr std::size_t kLockLimit = std::size_t{16} << 20;

// What a lock holds of the two tables that it does not hold whole.
struct LockScope {
  std::vector<std::string> models;                       // ids of presets, sorted
  std::optional<std::vector<std::string>> accelerators;  // ids whose offers are held, sorted; absent: all

  bool operator==(const LockScope&) const = default;
};

struct Lock {
  std::string engine;          // version of the program that wrote it
  std::string as_of;           // of the catalogue: date of its newest price
  std::string catalog_sha256;  // likewise
  LockScope scope;
  std::vector<ProfileFile> files;    // of the binary, in path order
  std::string overlay_folder;        // of --profiles, as it was given; empty: none
  std::vector<ProfileFile> overlay;  // its files
};

// The profile files that the build put into the binary, whole and in path order: what builtin_catalog() was
// made from.
std::vector<ProfileFile> builtin_profiles();

// The part of `profiles` that `scope` names: of price rows those whose status is ok, of models the named
// ones, everything else whole. `catalog` is what the profiles and the overlay together are.
Lock make_lock(const Catalog& catalog, const std::vector<ProfileFile>& profiles, LockScope scope,
               std::string engine);

// YAML, in which each profile stands as it is written: a price is a line, a changed price a changed line.
std::string lock_text(const Lock& lock);

// A row that is not what the lock's list of digests says.
struct LockBreach {
  enum class Kind {
    kChanged,   // its digest is another
    kMissing,   // the list has it, the lock does not
    kUnlisted,  // the lock has it, the list does not
  };
  Kind kind = Kind::kChanged;
  std::string row;  // "offers/nebius.csv H100-SXM-80GB 1 on-demand"
  int line = 1;     // of the digest, else of the first line of the file that it stands in
};
// "is not the row that was locked"
std::string_view lock_breach_name(LockBreach::Kind kind);

struct ReadLock {
  Lock lock;
  std::vector<LockBreach> breaches;  // in the order of the list
};

// Reads the text of a lock; `file` is what problems are reported under.
Result<ReadLock> read_lock(const std::string& file, const std::string& text);

// The catalogue that a lock holds. It says that it is the one that the lock was made from: date and digest
// are the recorded ones.
Result<Catalog> locked_catalog(const std::string& file, const Lock& lock);

// How many rows a lock lists.
std::size_t row_count(const Lock& lock);

// What two locks have differently: a cell of a row, a line of a profile, or a whole row. What they say of
// themselves (engine, date) is not compared.
struct LockChange {
  enum class Kind { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string row;
  std::string column;  // of a table; empty elsewhere
  std::string before;  // of what was added or removed: its price where it has one
  std::string after;
};
std::string_view lock_change_name(LockChange::Kind kind);
std::vector<LockChange> lock_changes(const Lock& before, const Lock& after);

}  // namespace capplan
