// Fuzz targets of what comes from outside while something runs: lines of a growing log, the files of a solver; see
// targets.hpp.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/targets.hpp"
#include "pep/sdpa.hpp"
#include "scheduled/pep.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::fuzz {

/// All lines of `text`; the rates of the updates, as long as they are few. Nothing where a line was refused.
inline std::optional<std::vector<double>> feed(LogStream& stream, std::string_view text, std::int64_t done) {
  constexpr std::size_t few = 400;
  std::vector<double> rates;
  bool refused = false;
  std::int64_t next = done + 1;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::int64_t before = stream.step();
    try {
      for (const UpdateStretch& stretch : stream.push(text.substr(0, end))) {
        require(stretch.first == next && stretch.count >= 1, "updates follow each other");
        next += stretch.count;
        require(next <= 1'000'000'001, "steps are at most 1e9");
        require(stretch.at(stretch.count - 1) == stretch.last, "a stretch ends at what was logged");
        for (std::int64_t k = 0; k < stretch.count && rates.size() < few; ++k) {
          const UpdateRates at = stretch.at(k);
          require(std::isfinite(at.lr) && at.lr >= 0.0, "rates are finite and >= 0");
          require(std::isfinite(at.grad_norm.value_or(0.0)) && at.grad_norm.value_or(0.0) >= 0.0, "so are grad norms");
          rates.push_back(at.lr);
        }
      }
    } catch (const std::invalid_argument& error) {
      const std::string_view what = error.what();
      const auto says = [&](std::string_view words) { return what.find(words) != std::string_view::npos; };
      require(says("line") || what.starts_with("fuzz: "), "an error says where, or names the file as a whole");
      require(stream.step() == before, "a refused line changes nothing");
      refused = true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (refused || rates.size() >= few) return std::nullopt;
  return rates;
}

/// The first byte chooses the options, the rest is the log. A delimited log gives what the whole file gives, read in
/// the same format: a stream goes by its first line, and another may show what the file is.
inline void log_stream(std::string_view data) {
  if (data.empty()) return;
  const auto choice = static_cast<unsigned char>(data.front());
  const std::string_view text = data.substr(1);
  LogStreamOptions options;
  if (choice % 4 == 1) options.done = choice / 4;
  if (choice % 4 == 2) options.warmup = choice / 16;
  if (choice % 4 == 3) options.max_gap = choice;
  LogStream stream("fuzz", options);
  const auto by_first_line = feed(stream, text, options.done);
  if (!by_first_line || by_first_line->empty() || stream.bare() || options.done > 0) return;
  if (text.find_first_of("\"#{") != std::string_view::npos) return;  // cells with line breaks, comments, JSON
  // A stream gets whole lines; the last one of a file without a line break may be left out.
  const auto log = read(std::string(text) + "\n", Restarts::error);
  if (!log || !log->has("lr")) return;
  options.read.format = log->format;
  LogStream told("fuzz", options);
  const auto rates = feed(told, text, options.done);
  if (!rates || rates->empty()) return;
  const DenseOptions dense{.warmup = options.warmup, .max_gap = std::int64_t{1} << 53};
  const std::vector<double> whole = densify(*log, "lr", told.step(), dense);
  require(whole == *rates, "a stream gives what the file gives");
}

/// The solution file of a small problem, and what can be certified with the numbers in it.
inline void pep_solution(std::string_view data) {
  Bytes bytes(data);
  const std::size_t T = 1 + bytes.next<std::uint8_t>() % 4U;
  pep::SdpaProblem problem;
  problem.matrix_size = T + 1;
  problem.diagonal_size = bytes.next<std::uint8_t>() % 4U;
  problem.objective.assign(T, 1.0);
  const std::string_view text = data.substr(std::min<std::size_t>(2, data.size()));
  pep::SdpaSolution solution;
  try {
    solution = pep::read_solution(text, problem);
  } catch (const PepSolverError&) {
    return;
  }
  require(solution.y.size() == T && solution.diagonal.size() == problem.diagonal_size, "sizes are the problem's");
  require(solution.matrix.size() == (T + 1) * (T + 1), "the matrix has the problem's size");
  for (std::size_t i = 0; i <= T; ++i) {
    for (std::size_t j = 0; j <= T; ++j) {
      const double value = solution.matrix[i * (T + 1) + j];
      require(std::fabs(value) <= 1e30, "values are at most 1e30");
      require(value == solution.matrix[j * (T + 1) + i], "the matrix is symmetric");
    }
  }
  const PepProblem pep(std::vector<double>(T, 0.5));
  const PepLower lower = certify_lower(pep, {solution.matrix, solution.y});
  const PepUpper upper = certify_upper(pep, {solution.matrix, solution.y, solution.y.front()});
  require(lower.bound >= 0.0 && lower.bound <= upper.bound, "whatever a solver writes, the interval holds");
  require(upper.bound >= 1.0 / std::sqrt(static_cast<double>(T)) * (1.0 - 1e-9), "nothing beats the minimax rate");
}

}  // namespace scheduled::fuzz
