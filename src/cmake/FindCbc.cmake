# Cbc (COIN-OR branch and cut) and Clp, the linear solver below it, with their C interfaces, as the imported target
# Cbc::CbcSolver; they bring no CMake files themselves.
find_path(CBC_INCLUDE_DIR Cbc_C_Interface.h PATH_SUFFIXES coin)
find_library(CBC_SOLVER_LIBRARY CbcSolver)
find_library(CLP_LIBRARY Clp)
mark_as_advanced(CBC_INCLUDE_DIR CBC_SOLVER_LIBRARY CLP_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cbc REQUIRED_VARS CBC_SOLVER_LIBRARY CLP_LIBRARY CBC_INCLUDE_DIR)

if(Cbc_FOUND AND NOT TARGET Cbc::CbcSolver)
  add_library(Cbc::CbcSolver UNKNOWN IMPORTED)
  set_target_properties(Cbc::CbcSolver PROPERTIES
    IMPORTED_LOCATION "${CBC_SOLVER_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${CBC_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${CLP_LIBRARY}")
endif()
