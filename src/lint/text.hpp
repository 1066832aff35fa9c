// Numbers in findings. Private.
#pragma once

#include <cstdint>
#include <string>

namespace scheduled::linting {

std::string share_text(double share);                          ///< "7.4 %" for 0.074
std::string rate_text(double rate);                            ///< four digits
std::string factor_text(double factor);                        ///< the same, "5.27"
std::string count_text(std::int64_t count, const char* what);  ///< "1 update", "2 updates"

}  // namespace scheduled::linting
