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

# The standard headers, and others that most files of the target include.
function(scheduled_precompile target)
  if(SCHEDULED_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${standard_headers} ${ARGN})
  endif()
endfunction()
