// What a test spares itself under the sanitizers. They look at memory, not at numbers: each path is to be
// walked there, not walked often, and everything takes ten times as long.
#pragma once

namespace capplan::testing {

#ifdef CAPPLAN_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

constexpr int random_cases(int usual) { return kSanitized ? usual / 10 : usual; }

}  // namespace capplan::testing
