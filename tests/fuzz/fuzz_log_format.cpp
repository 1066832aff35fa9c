#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scheduled::fuzz::log_format({reinterpret_cast<const char*>(data), size});
  return 0;
}
