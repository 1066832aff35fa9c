// Reading logs: the content is made here in the form of the paper's logs, so that nothing needs to be at hand.
#include "scheduled/runlog.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

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

constexpr int rows = 1'500'000;
double rate_of(int row) { return 3e-4 / (1.0 + row); }
double loss_of(int row) { return 2.0 + 1.0 / (1.0 + row); }

std::string csv() {
  std::string text = "step,lr,loss,grad_norm\n";
  for (int row = 1; row <= rows; ++row) {
    text += std::to_string(row) + "," + scheduled::format_number(rate_of(row)) + "," +
            scheduled::format_number(loss_of(row)) + ",1.25\n";
  }
  return text;
}

std::string json_lines() {
  std::string text;
  for (int row = 1; row <= rows; ++row) {
    text += "{\"step\": " + std::to_string(row) + ", \"lr\": " + scheduled::format_number(rate_of(row)) +
            ", \"loss\": " + scheduled::format_number(loss_of(row)) + ", \"grad_norm\": 1.25}\n";
  }
  return text;
}

template <class Number>
std::string bytes_of(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// As PyTorch writes it: an event for each scalar.
std::string tensorboard() {
  std::string text;
  const auto masked = [](const std::string& bytes) {
    std::uint32_t crc = 0xffffffffU;  // CRC-32C, bit by bit
    for (const char byte : bytes) {
      crc ^= static_cast<unsigned char>(byte);
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    }
    crc = ~crc;
    return bytes_of((crc >> 15U | crc << 17U) + 0xa282ead8U);
  };
  const auto field = [](char number, const std::string& data) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(data.size())} + data;
  };
  for (int row = 1; row <= rows; ++row) {
    std::string step;
    for (int rest = row; rest > 0; rest >>= 7) step += static_cast<char>((rest & 127) | (rest > 127 ? 128 : 0));
    for (const auto& [tag, value] : {std::pair{"lr", rate_of(row)}, {"loss", loss_of(row)}, {"grad_norm", 1.25}}) {
      const std::string data = field(1, tag) + "\x15" + bytes_of(static_cast<float>(value));
      const std::string event = "\x09" + bytes_of(1.7e9) + "\x10" + step + field(5, field(1, data));
      const std::string size = bytes_of(std::uint64_t{event.size()});
      text += size + masked(size) + event + masked(event);
    }
  }
  return text;
}

/// A line of /proc/self/status, in bytes.
double status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) return 1024.0 * std::stod(line.substr(key.size() + 1));
  }
  return 0.0;
}

/// Reads a file of 1.5e6 rows of step, rate, loss and norm, made by `write`. `memory` is the most that reading took, in
/// units of the numbers kept.
void read_file(benchmark::State& state, const std::string& content) {
  const auto path = std::filesystem::temp_directory_path() / ("scheduled-bench-" + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary) << content;
  const auto log = scheduled::read_log(path);
  if (log.rows() != rows || std::abs(log.at("train_loss").back() - loss_of(rows)) > 1e-6) {
    state.SkipWithError("wrong table");
  }
  const double numbers = 4.0 * rows * sizeof(double);
  double most = 0.0;
  for (auto _ : state) {
    state.PauseTiming();
    ::malloc_trim(0);                               // what earlier work gave back must not serve this
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    const double before = status("VmRSS");
    state.ResumeTiming();
    benchmark::DoNotOptimize(scheduled::read_log(path));
    most = std::max(most, status("VmHWM") - before);
  }
  state.counters["memory"] = most / numbers;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(content.size()));
  std::filesystem::remove(path);
}
void BM_runlog_read_csv(benchmark::State& state) { read_file(state, csv()); }
void BM_runlog_read_json_lines(benchmark::State& state) { read_file(state, json_lines()); }
void BM_runlog_read_tensorboard(benchmark::State& state) { read_file(state, tensorboard()); }
BENCHMARK(BM_runlog_read_csv)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_runlog_read_json_lines)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_runlog_read_tensorboard)->Unit(benchmark::kMillisecond);

}  // namespace
