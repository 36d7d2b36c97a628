// Writes tables as C++ source, so that the binary carries them as constants.
#pragma once

#include <string>
#include <vector>

#include "capplan/catalog/catalog.h"

namespace capplan {

std::string emit_tables(const Catalog& catalog);

// The profile files themselves, for locks to take their rows from.
std::string emit_profiles(const std::vector<ProfileFile>& files);

}  // namespace capplan
