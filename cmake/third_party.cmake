# What an sdist holds of others (third_party/, collected by tools/wheels/third_party.sh), compiled with our own: for machines that have
# a compiler and CMake and nothing else. Found below by the same find_package and pkg_check_modules as the system's packages.
enable_language(C)
set(third_party ${PROJECT_SOURCE_DIR}/third_party)

# Files of a folder as a static library, by the name that the packages of the system give it; without files, its headers.
function(scheduled_third_party name target)
  cmake_parse_arguments(PARSE_ARGV 2 the "" "" "FILES;INCLUDE;PRIVATE;DEFINITIONS")
  list(TRANSFORM the_INCLUDE PREPEND ${third_party}/)
  if(NOT the_FILES)
    add_library(third_party_${name} INTERFACE)
    target_include_directories(third_party_${name} SYSTEM INTERFACE ${the_INCLUDE})
  else()
    list(TRANSFORM the_FILES PREPEND ${third_party}/)
    file(GLOB files CONFIGURE_DEPENDS ${the_FILES})
    list(TRANSFORM the_PRIVATE PREPEND ${third_party}/)
    add_library(third_party_${name} STATIC EXCLUDE_FROM_ALL ${files})
    target_include_directories(third_party_${name} SYSTEM PUBLIC ${the_INCLUDE} PRIVATE ${the_PRIVATE})
    target_compile_definitions(third_party_${name} PRIVATE ${the_DEFINITIONS})
    target_compile_options(third_party_${name} PRIVATE -w)
  endif()
  add_library(${target} ALIAS third_party_${name})
endfunction()

scheduled_third_party(highway hwy::hwy INCLUDE highway FILES highway/hwy/*.cc)
scheduled_third_party(fmt fmt::fmt INCLUDE fmt/include FILES fmt/src/*.cc)
scheduled_third_party(json nlohmann_json::nlohmann_json INCLUDE json)
scheduled_third_party(cli11 CLI11::CLI11 INCLUDE cli11)
scheduled_third_party(eigen Eigen3::Eigen INCLUDE eigen)
scheduled_third_party(zlib ZLIB::ZLIB INCLUDE zlib FILES zlib/*.c DEFINITIONS Z_HAVE_UNISTD_H HAVE_HIDDEN)
scheduled_third_party(zstd PkgConfig::ZSTD INCLUDE zstd FILES zstd/common/*.c zstd/decompress/*.c zstd/compress/*.c
  DEFINITIONS ZSTD_DISABLE_ASM ZSTD_LEGACY_SUPPORT=0)
scheduled_third_party(yaml PkgConfig::YAML INCLUDE yaml/include PRIVATE yaml/src FILES yaml/src/*.c
  DEFINITIONS YAML_VERSION_MAJOR=0 YAML_VERSION_MINOR=2 YAML_VERSION_PATCH=5 YAML_VERSION_STRING="0.2.5")
scheduled_third_party(sqlite PkgConfig::SQLITE3 INCLUDE sqlite FILES sqlite/sqlite3.c
  DEFINITIONS SQLITE_THREADSAFE=1 SQLITE_OMIT_LOAD_EXTENSION SQLITE_DQS=0 $<$<PLATFORM_ID:Linux>:HAVE_FDATASYNC=1>)
scheduled_third_party(xxhash PkgConfig::XXHASH INCLUDE xxhash FILES xxhash/xxhash.c)
set(TOMLPLUSPLUS_INCLUDE_DIR ${third_party}/toml)
set_property(SOURCE src/foreign/syntax/toml.cpp PROPERTY INCLUDE_DIRECTORIES ${TOMLPLUSPLUS_INCLUDE_DIR})
install(DIRECTORY ${third_party}/licences/ DESTINATION ${SKBUILD_METADATA_DIR}/licenses COMPONENT python)

# find_package looks here first, by names in small letters.
foreach(package nlohmann_json hwy zlib eigen3 cli11 fmt)
  file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/${package}-config.cmake "")
  file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/${package}-config-version.cmake "set(PACKAGE_VERSION_COMPATIBLE TRUE)\n")
endforeach()
file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/pkgconfig-config.cmake
  "macro(pkg_check_modules prefix)\n  set(\${prefix}_FOUND TRUE)\nendmacro()\n")
