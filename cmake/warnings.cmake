# Flags of our own code. Warnings are errors where we develop (presets), never where somebody embeds us.
option(SCHEDULED_WERROR "Treat warnings as errors" OFF)

function(scheduled_own target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    $<$<BOOL:${SCHEDULED_WERROR}>:-Werror>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # false alarms on string + char* in g++ 12 (GCC bug 105651)
    # Same input, same bits on every machine: no fused multiply-add where the source has two operations.
    -ffp-contract=off
    # Neither changes a value; without them sqrt and comparisons keep loops from being vectorised.
    -fno-math-errno -fno-trapping-math)
endfunction()
