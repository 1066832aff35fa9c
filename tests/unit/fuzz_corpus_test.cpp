// Replays the seeds of the fuzz targets with any compiler.
#include <gtest/gtest.h>

#include "fuzz/json_target.hpp"
#include "fuzz/law_targets.hpp"
#include "fuzz/live_targets.hpp"
#include "fuzz/replay.hpp"
#include "fuzz/spec_targets.hpp"
#include "fuzz/targets.hpp"
#include "scheduled/sweep.hpp"

namespace scheduled::testing {
namespace {

using fuzz::replay;

TEST(FuzzCorpus, JsonLog) { replay("json_log", fuzz::json_log); }
TEST(FuzzCorpus, Csv) { replay("csv", fuzz::csv); }
TEST(FuzzCorpus, JsonLines) { replay("json_lines", fuzz::json_lines); }
TEST(FuzzCorpus, LogFormat) {
  replay("log_format", [](std::string_view bytes) { fuzz::log_format(bytes); });
}
TEST(FuzzCorpus, Table) { replay("table", fuzz::table); }
TEST(FuzzCorpus, Json) { replay("json", fuzz::json); }
TEST(FuzzCorpus, Spec) { replay("spec", fuzz::spec); }
TEST(FuzzCorpus, StreamState) { replay("stream_state", fuzz::stream_state); }
TEST(FuzzCorpus, LogStream) { replay("log_stream", fuzz::log_stream); }
TEST(FuzzCorpus, PepSolution) { replay("pep_solution", fuzz::pep_solution); }
TEST(FuzzCorpus, Law) { replay("law", fuzz::law); }
TEST(FuzzCorpus, SweepFile) { replay("sweep_file", fuzz::sweep_file); }
TEST(FuzzCorpus, LrSweep) { replay("lr_sweep", fuzz::lr_sweep); }
TEST(FuzzCorpus, Forecasts) { replay("forecasts", fuzz::forecasts); }

}  // namespace
}  // namespace scheduled::testing
