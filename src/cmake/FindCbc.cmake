# Cbc (COIN-OR branch and cut) with its C interface as the imported target Cbc::CbcSolver; it brings no CMake files itself.
find_path(CBC_INCLUDE_DIR Cbc_C_Interface.h PATH_SUFFIXES coin)
find_library(CBC_SOLVER_LIBRARY CbcSolver)
mark_as_advanced(CBC_INCLUDE_DIR CBC_SOLVER_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cbc REQUIRED_VARS CBC_SOLVER_LIBRARY CBC_INCLUDE_DIR)

if(Cbc_FOUND AND NOT TARGET Cbc::CbcSolver)
  add_library(Cbc::CbcSolver UNKNOWN IMPORTED)
  set_target_properties(Cbc::CbcSolver PROPERTIES
    IMPORTED_LOCATION "${CBC_SOLVER_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CBC_INCLUDE_DIR}")
endif()
