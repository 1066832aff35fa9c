#include "fuzz/law_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scheduled::fuzz::forecasts({reinterpret_cast<const char*>(data), size});
  return 0;
}
