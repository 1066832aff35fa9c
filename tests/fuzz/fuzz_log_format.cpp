// SCHEDULED_FUZZ_FORMAT=NAME insists on that format, so that its parser gets all executions; "pattern" on templates that the
// bytes begin with, "any" on none.
#include <cstdlib>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const char* const format = std::getenv("SCHEDULED_FUZZ_FORMAT");
  scheduled::fuzz::log_format({reinterpret_cast<const char*>(data), size}, format == nullptr ? "" : format);
  return 0;
}
