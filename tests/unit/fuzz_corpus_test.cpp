// Replays the seeds of the fuzz targets with any compiler.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/live_targets.hpp"
#include "fuzz/spec_targets.hpp"
#include "fuzz/targets.hpp"

namespace scheduled::testing {
namespace {

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

TEST(FuzzCorpus, JsonLog) { replay("json_log", fuzz::json_log); }
TEST(FuzzCorpus, Csv) { replay("csv", fuzz::csv); }
TEST(FuzzCorpus, JsonLines) { replay("json_lines", fuzz::json_lines); }
TEST(FuzzCorpus, Table) { replay("table", fuzz::table); }
TEST(FuzzCorpus, Spec) { replay("spec", fuzz::spec); }
TEST(FuzzCorpus, StreamState) { replay("stream_state", fuzz::stream_state); }
TEST(FuzzCorpus, LogStream) { replay("log_stream", fuzz::log_stream); }
TEST(FuzzCorpus, PepSolution) { replay("pep_solution", fuzz::pep_solution); }

}  // namespace
}  // namespace scheduled::testing
