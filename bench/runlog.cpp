// Reading logs: the content is made here in the form of the paper's logs, so that nothing needs to be at hand.
#include "scheduled/runlog.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

/// A log of about `megabytes`: most of it a summary of histograms that nobody asks for, as in the real ones, then four
/// train columns and two validation columns.
std::string json_log(double megabytes) {
  const auto rows = static_cast<int>(megabytes * 1e6 / 400);
  const auto list = [&](const char* name, auto value) {
    std::string text = std::string("\"") + name + "\": [";
    for (int i = 0; i < rows; ++i) text += (i > 0 ? ",\n                " : "") + std::to_string(value(i));
    return text + "]";
  };
  const auto iter = [](int i) { return 10 * (i + 1); };
  const auto real = [](int i) { return 3.0 + 1.0 / (1 + i); };
  std::string histograms;
  while (histograms.size() < static_cast<std::size_t>(megabytes * 6e5)) {
    histograms += (histograms.empty() ? "" : ",") + std::string("\"layer_grad_norm/") +
                  std::to_string(histograms.size()) + "\": {\"_type\": \"histogram\", " +
                  list("bins", real).substr(0, 4000);
    histograms.resize(histograms.rfind(','));
    histograms += "]}";
  }
  return "{\"config\": {\"lr\": 0.001, \"iterations\": 50000}, \"summary\": {" + histograms +
         "}, \"history\": {\"train\": {" + list("iter", iter) + "," + list("train_lr", real) + "," +
         list("train_loss", real) + "," + list("train_perplexity", real) + "}, \"val\": {" + list("iter", iter) + "," +
         list("val_loss", real) + "}}}";
}

void BM_runlog_parse_json(benchmark::State& state) {
  const std::string content = json_log(static_cast<double>(state.range(0)));
  if (!scheduled::parse_log("log", content).has("val_loss")) state.SkipWithError("wrong table");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::parse_log("log", content));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(content.size()));
}
BENCHMARK(BM_runlog_parse_json)->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond);

void BM_runlog_parse_csv(benchmark::State& state) {
  std::string content = "step,lr,loss\n";
  while (content.size() < static_cast<std::size_t>(state.range(0)) * 1000000) {
    content += std::to_string(content.size()) + ",0.0003,3.25\n";
  }
  const auto log = scheduled::parse_log("log", content);
  if (log.at("train_loss").back() != 3.25 || log.at("lr").front() != 0.0003) state.SkipWithError("wrong table");
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::parse_log("log", content));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(content.size()));
}
BENCHMARK(BM_runlog_parse_csv)->Arg(3)->Unit(benchmark::kMillisecond);

}  // namespace
