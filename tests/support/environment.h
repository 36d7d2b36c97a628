// What a test that runs the program puts before it, for a shell: nothing of the user's own settings counts.
#pragma once

namespace capplan {

inline constexpr const char* kPlainEnvironment =
    "unset CAPPLAN_FORMAT CAPPLAN_TOP CAPPLAN_WIDTH CAPPLAN_COLOR CAPPLAN_ASCII CAPPLAN_QUIET "
    "CAPPLAN_THREADS CAPPLAN_PROFILES NO_COLOR CLICOLOR_FORCE FORCE_COLOR COLUMNS; "
    "export XDG_CONFIG_HOME=/dev/null";

}  // namespace capplan
