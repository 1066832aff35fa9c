# Most of our files take longer to read the standard headers than for all the rest. A compiler cache does not see through
# precompiled ones, and the preset dev does without them, so that each file is seen to include what it needs.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(precompile ON)
else()
  set(precompile OFF)
endif()
option(SCHEDULED_PRECOMPILE "Precompile the headers that most files read" ${precompile})

set(standard_headers <algorithm> <array> <charconv> <cmath> <cstdint> <filesystem> <functional> <limits> <map> <memory>
  <optional> <span> <string> <string_view> <tuple> <utility> <variant> <vector>)

option(SCHEDULED_UNITY "Compile the files of a folder together" ${precompile})

# Compiles the files of each folder of the target as one, which takes half the time: most of it is what headers bring.
# Folders whose name follows are left out: files made from one another have the same names inside. So are files that are
# compiled once per instruction set.
function(scheduled_unity target)
  if(NOT SCHEDULED_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} ABSOLUTE)
    get_filename_component(folder ${folder} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    if(NOT source MATCHES kernels AND NOT folder IN_LIST ARGN)
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder})
    endif()
  endforeach()
endfunction()

# The standard headers, once for all targets of the library's flags; or with others that most files of the target include.
function(scheduled_precompile target)
  if(NOT SCHEDULED_PRECOMPILE)
    return()
  endif()
  if(ARGN)
    target_precompile_headers(${target} PRIVATE ${standard_headers} ${ARGN})
    return()
  endif()
  if(NOT TARGET scheduled_standard_headers)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/standard_headers.cpp CONTENT "")
    add_library(scheduled_standard_headers OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/standard_headers.cpp)
    scheduled_own(scheduled_standard_headers)
    target_precompile_headers(scheduled_standard_headers PRIVATE ${standard_headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM scheduled_standard_headers)
endfunction()

# What parses, checks, writes or prints and computes little is not worth the optimiser's time; its figures in
# docs/benchmarks.md are of this level, which GNU's compiler calls -Og; for Zig's that would be its own debug mode.
function(scheduled_thin target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:$<IF:$<CXX_COMPILER_ID:GNU>,-Og,-O1>>)
endfunction()

# Moves those sources of a library whose paths match the pattern into a part of it that is thin.
function(scheduled_thin_part target pattern)
  get_target_property(sources ${target} SOURCES)
  set(thin ${sources})
  list(FILTER thin INCLUDE REGEX ${pattern})
  list(FILTER sources EXCLUDE REGEX ${pattern})
  set_target_properties(${target} PROPERTIES SOURCES "${sources}")
  add_library(${target}_thin OBJECT ${thin})
  target_include_directories(${target}_thin PRIVATE $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  target_compile_definitions(${target}_thin PRIVATE $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
  scheduled_own(${target}_thin)
  scheduled_precompile(${target}_thin)
  scheduled_unity(${target}_thin)
  scheduled_thin(${target}_thin)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_thin>)
endfunction()
