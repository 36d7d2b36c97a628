// Where a spec stands: what it may name, and where its lock is looked for.
#pragma once

#include <filesystem>
#include <string>

namespace capplan {

inline constexpr const char* kLockName = "capplan.lock";

// The folder of a spec, absolute and without links; the working folder for `-`.
std::filesystem::path folder_of_spec(const std::string& spec);
// The nearest folder from `folder` upwards that has a `.git`; empty where there is none. Git tracks nothing
// of that name, so no commit can bring one in.
std::filesystem::path repository_of(const std::filesystem::path& folder);
// The folder that no path written in a spec leads out of: its repository, without one its own folder.
std::filesystem::path confines_of_spec(const std::string& spec);
// Whether `path`, links followed, stands below `confines`. Both need not be there.
bool stands_below(const std::filesystem::path& path, const std::filesystem::path& confines);

// capplan.lock in the spec's folder or in one above it, up to the root of its repository; empty where none
// of them has one.
std::filesystem::path find_lock(const std::string& spec);
// Relative to the working folder where that is shorter to read.
std::string shown_path(const std::filesystem::path& path);

}  // namespace capplan
