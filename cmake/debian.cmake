# Debian packages of a build, made by cpack (make debs): scheduled (the command, manual pages, completions) and libscheduled-dev (headers,
# static libraries). The trainer is in neither: it needs LibTorch, and make build makes it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME scheduled)
set(CPACK_PACKAGE_CONTACT "the scheduled authors <scheduled@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL command development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_files.cmake)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME scheduled)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)  # what the program needs, found by its symbols
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS gnuplot-nox)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "Which schedule, peak and cooldown to train with, by the last-iterate bound of convex
optimisation, before, during and after a run.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libscheduled-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libhwy-dev, zlib1g-dev, libzstd-dev, libyaml-dev, libsqlite3-dev, libxxhash-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS scheduled)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "Headers and static libraries: the C++20 and C interface, for find_package(scheduled)
in CMake and for pkg-config.")
include(CPack)
