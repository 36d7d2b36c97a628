# The program, and the library with its headers for find_package(capplan CONFIG).
include(CMakePackageConfigHelpers)

set(CAPPLAN_INSTALL_CMAKE ${CMAKE_INSTALL_LIBDIR}/cmake/capplan)
set(CAPPLAN_INSTALL_PROFILES ${CMAKE_INSTALL_DATADIR}/capplan/profiles)

install(TARGETS capplan_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS capplan EXPORT capplanTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/capplan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)

install(EXPORT capplanTargets NAMESPACE capplan:: DESTINATION ${CAPPLAN_INSTALL_CMAKE})
configure_package_config_file(src/cmake/capplanConfig.cmake.in ${PROJECT_BINARY_DIR}/cmake/capplanConfig.cmake
  INSTALL_DESTINATION ${CAPPLAN_INSTALL_CMAKE} PATH_VARS CAPPLAN_INSTALL_PROFILES)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/capplanConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cmake/capplanConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/capplanConfigVersion.cmake
  src/cmake/FindCbc.cmake
  src/cmake/Findlibcsv.cmake
  DESTINATION ${CAPPLAN_INSTALL_CMAKE})

install(DIRECTORY profiles/ DESTINATION ${CAPPLAN_INSTALL_PROFILES}
  FILES_MATCHING PATTERN *.yaml PATTERN *.csv PATTERN *.md)
install(FILES docs/man/capplan.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
