// The text of the error that a call throws; the test fails where there is none.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  ADD_FAILURE() << "no std::invalid_argument was thrown";
  return {};
}
