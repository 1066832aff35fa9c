# Flags of our own code. Warnings are errors where we develop (presets); elsewhere the compiler is not asked for them,
# which saves a twentieth of its time.
option(SCHEDULED_WERROR "Warn, and treat warnings as errors" OFF)
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Werror)

function(scheduled_own target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE
    "$<$<BOOL:${SCHEDULED_WERROR}>:${warnings}>"
    # False alarms of g++ 12 on string + char* (GCC bug 105651).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
    # The compiler's own garbage collection, a tenth of its time, waits until it pays: at 0.4 GB, not 0.13.
    $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=400000>
    # Same input, same bits on every machine: no fused multiply-add where the source has two operations.
    -ffp-contract=off
    # Neither changes a value; without them sqrt and comparisons keep loops from being vectorised.
    -fno-math-errno -fno-trapping-math)
endfunction()
