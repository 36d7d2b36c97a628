// Writes tables as C++ source, so that the binary carries them as constants.
#pragma once

#include <string>

#include "capplan/catalog/catalog.h"

namespace capplan {

std::string emit_tables(const Catalog& catalog);

}  // namespace capplan
