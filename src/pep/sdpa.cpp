#include "pep/sdpa.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <ostream>

#include "base/error.hpp"
#include "scheduled/error.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::pep {
namespace {

[[noreturn]] void fail_line(std::size_t line, std::string_view what) {
  throw PepSolverError(concat({"the solver's solution file, line ", std::to_string(line), ": ", what}));
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Takes the next blank-separated word off the front of `text`; empty at its end.
std::string_view next_word(std::string_view& text) {
  std::size_t begin = 0;
  while (begin < text.size() && is_blank(text[begin])) ++begin;
  std::size_t end = begin;
  while (end < text.size() && !is_blank(text[end])) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

double read_value(std::string_view word, std::size_t line) {
  const std::optional<double> value = parse_number(word);
  if (!value || !(std::fabs(*value) <= 1e30)) fail_line(line, "a number of at most 1e30 expected");
  return *value;
}

/// A whole number between 1 and `largest`.
std::size_t read_index(std::string_view word, std::size_t largest, std::size_t line) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
  if (result.ec != std::errc{} || result.ptr != word.data() + word.size() || value < 1 || value > largest) {
    fail_line(line, concat({"a number between 1 and ", std::to_string(largest), " expected"}));
  }
  return static_cast<std::size_t>(value);
}

/// One line "matrix block row column value".
void read_entry(std::string_view line, std::size_t number, const SdpaProblem& problem, SdpaSolution& solution) {
  const std::size_t matrix = read_index(next_word(line), 2, number);
  const std::size_t block = read_index(next_word(line), problem.diagonal_size > 0 ? 2 : 1, number);
  const std::size_t size = block == 1 ? problem.matrix_size : problem.diagonal_size;
  const std::size_t row = read_index(next_word(line), size, number);
  const std::size_t column = read_index(next_word(line), size, number);
  const double value = read_value(next_word(line), number);
  if (!next_word(line).empty()) fail_line(number, "text after the value");
  if (block == 2 && row != column) fail_line(number, "an entry beside the diagonal of a diagonal block");
  if (matrix == 1) return;
  if (block == 2) {
    solution.diagonal[row - 1] = value;
  } else {
    solution.matrix[(row - 1) * size + column - 1] = value;
    solution.matrix[(column - 1) * size + row - 1] = value;
  }
}

}  // namespace

void SdpaProblem::add(std::size_t constraint, std::size_t block, std::size_t row, std::size_t column, double value) {
  if (value != 0.0) entries.push_back({constraint, block, row, column, value});
}

void write(std::ostream& out, const SdpaProblem& problem, std::string_view title) {
  out << '"' << title << '\n' << problem.objective.size() << '\n';
  if (problem.diagonal_size > 0) {
    out << "2\n" << problem.matrix_size << " -" << problem.diagonal_size << '\n';
  } else {
    out << "1\n" << problem.matrix_size << '\n';
  }
  for (std::size_t c = 0; c < problem.objective.size(); ++c) {
    out << (c > 0 ? " " : "") << format_number(problem.objective[c]);
  }
  out << '\n';
  for (const SdpaEntry& e : problem.entries) {
    out << e.constraint << ' ' << e.block << ' ' << e.row << ' ' << e.column << ' ' << format_number(e.value) << '\n';
  }
}

SdpaSolution read_solution(std::string_view text, const SdpaProblem& problem) {
  SdpaSolution solution;
  solution.matrix.assign(problem.matrix_size * problem.matrix_size, 0.0);
  solution.diagonal.assign(problem.diagonal_size, 0.0);
  std::string_view first = next_line(text);
  for (std::string_view word = next_word(first); !word.empty(); word = next_word(first)) {
    if (solution.y.size() == problem.objective.size()) fail_line(1, "more values than constraints");
    solution.y.push_back(read_value(word, 1));
  }
  if (solution.y.size() != problem.objective.size()) {
    fail_line(1, concat({std::to_string(problem.objective.size()), " values expected, ",
                         std::to_string(solution.y.size()), " found"}));
  }
  for (std::size_t number = 2; !text.empty(); ++number) {
    const std::string_view line = next_line(text);
    std::string_view rest = line;
    if (!next_word(rest).empty()) read_entry(line, number, problem, solution);
  }
  return solution;
}

}  // namespace scheduled::pep
