// Replays the seeds of a fuzz target, whole and cut anywhere, with any compiler.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace scheduled::fuzz {

template <typename Target>
void replay(const std::string& name, const Target& target) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SCHEDULED_TEST_DIR) + "/fuzz/corpus/" + name)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(stream), {}};
    for (std::size_t length = 0; length <= seed.size(); ++length) {
      EXPECT_NO_THROW(target(std::string_view(seed).substr(0, length))) << entry.path() << ", " << length << " bytes";
    }
    ++count;
  }
  EXPECT_GT(count, 0) << name;
}

}  // namespace scheduled::fuzz
