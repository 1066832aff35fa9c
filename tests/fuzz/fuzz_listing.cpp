#include "fuzz/listing_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scheduled::fuzz::listing({reinterpret_cast<const char*>(data), size});
  return 0;
}
