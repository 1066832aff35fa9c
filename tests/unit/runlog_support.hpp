// What the tests of training logs share.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "scheduled/runlog.hpp"

namespace scheduled::testing {

inline const double gap = std::numeric_limits<double>::quiet_NaN();

/// What `call` says when it throws std::invalid_argument.
template <typename Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

inline std::string parse_error(const std::string& name, const std::string& content, const ReadOptions& options = {}) {
  return error_of([&] { parse_log(name, content, options); });
}

/// Equal values and gaps at the same places.
inline void expect_column(const RunLog& log, const std::string& name, const std::vector<double>& expected) {
  const std::vector<double>& values = log.at(name);
  ASSERT_EQ(values.size(), expected.size()) << name;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(values[i] == expected[i] || (values[i] != values[i] && expected[i] != expected[i]))
        << name << "[" << i << "] = " << values[i] << ", expected " << expected[i];
  }
}

inline std::vector<std::string> names(const RunLog& log) {
  std::vector<std::string> all;
  for (const auto& [name, values] : log.column) all.push_back(name);
  return all;
}

}  // namespace scheduled::testing
