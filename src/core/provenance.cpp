#include "capplan/core/provenance.h"

#include <array>

namespace capplan {

std::string_view evidence_name(Evidence evidence) {
  static constexpr std::array<std::string_view, 5> kNames{"measured", "published", "list price", "assumption",
                                                          "unverified"};
  return kNames[static_cast<std::size_t>(evidence)];
}

}  // namespace capplan
