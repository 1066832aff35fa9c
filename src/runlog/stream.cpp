// A log line by line: each line becomes a table of one row, so that the parsers of whole logs judge it.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/limits.hpp"
#include "runlog/rates.hpp"
#include "runlog/text.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

constexpr std::int64_t spacings_to_know = 3;

/// The words of a bare line; blanks, or one comma, stand between them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  bool comma = true;  // a word may be missing only where two commas follow each other
  while (!(line = trimmed(line)).empty()) {
    if (line.front() == ',') {
      if (comma) words.emplace_back();
      comma = true;
      line.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(line.find_first_of(" \t,"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
    comma = false;
  }
  if (comma) words.emplace_back();
  return words;
}

void require_count(std::string_view name, std::int64_t value) {
  if (value < 0) fail_value(name, std::to_string(value), "must be >= 0");
}

}  // namespace

UpdateRates UpdateStretch::at(std::int64_t k) const {
  const double share = static_cast<double>(k + 1) / static_cast<double>(count);
  UpdateRates rates{std::lerp(before.lr, last.lr, share), std::nullopt};
  if (last.grad_norm) rates.grad_norm = std::lerp(before.grad_norm.value_or(0.0), *last.grad_norm, share);
  return rates;
}

struct LogStream::Reader {
  runlog::LineParser parse;  ///< null: bare lines
};

LogStream::LogStream(std::string name, LogStreamOptions options)
    : name_(std::move(name)), options_(std::move(options)), step_(options_.done) {
  require_count("done", options_.done);
  require_count("warmup", options_.warmup);
  require_count("max_gap", options_.max_gap);
  options_.read.restarts = Restarts::error;
}
LogStream::~LogStream() = default;
LogStream::LogStream(LogStream&&) noexcept = default;
LogStream& LogStream::operator=(LogStream&&) noexcept = default;

UpdateRates LogStream::rates(const UpdateStretch& stretch, std::int64_t k) const {
  UpdateRates rates = stretch.at(k);
  if (options_.lr) rates.lr = options_.lr->of(stretch.first + k);
  return rates;
}

bool LogStream::bare() const noexcept { return reader_ && !reader_->parse; }

void LogStream::fail_line(std::string_view name, std::string_view value, std::string_view requirement) const {
  runlog::fail_at(name_, static_cast<std::size_t>(lines_), name, value, requirement);
}

std::vector<UpdateStretch> LogStream::push(std::string_view line) {
  ++lines_;
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (lines_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view text = trimmed(line);
  if (text.empty() || text.front() == '#') return {};
  if (!reader_) choose(text);
  if (!bare()) {
    const std::optional<Row> row = read_row(line);
    if (!row) return {};
    std::vector<UpdateStretch> stretches = advance(*row);
    keep_columns(*row);
    return stretches;
  }
  if (step_ >= runlog::longest_run)
    fail_line({}, {}, concat({"a stream ends at step ", std::to_string(runlog::longest_run)}));
  const UpdateRates rates = read_bare(text);
  check(rates);
  const UpdateStretch stretch{step_ + 1, 1, rates, rates};
  ++step_;
  ++rows_;
  rates_ = rates;
  return {stretch};
}

void LogStream::choose(std::string_view line) {
  const ReadOptions& read = options_.read;
  reader_ = std::make_unique<Reader>();
  if (!read.patterns.empty()) {
    reader_->parse = runlog::patterns(read.patterns).line_parser();
    return;
  }
  if (read.format.empty() && parse_number(words_of(line).front())) {  // bare
    if (options_.lr) fail_line("lr", {}, "is given for all updates; a bare line is a rate, without a step");
    return;
  }
  const runlog::Format* format = &runlog::format_of(name_, line, read);
  if (!format->line_parser && read.format.empty()) format = &runlog::formats().back();
  if (!format->line_parser) {
    fail_value("format", format->about.name, "cannot be read line by line, as it grows");
  }
  reader_->parse = format->line_parser();
}

UpdateRates LogStream::read_bare(std::string_view line) const {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() > 2) fail_line({}, {}, R"(must be "lr" or "lr grad_norm", but has more words)");
  const auto number = [&](std::string_view name, std::string_view word) {
    const std::optional<double> value = parse_number(word);
    if (!value) fail_line(name, runlog::quote(word), "must be a number");
    return *value;
  };
  UpdateRates rates{number("lr", words.front()), std::nullopt};
  if (words.size() == 2 && options_.grad_norms) rates.grad_norm = number("grad_norm", words[1]);
  return rates;
}

std::optional<LogStream::Row> LogStream::read_row(std::string_view line) {
  const auto number = static_cast<std::size_t>(lines_);
  std::optional<runlog::Parsed> parsed = reader_->parse({name_, line, number});
  if (!parsed) return std::nullopt;
  parsed->is_line = true;
  RunLog log;
  try {
    log = runlog::assemble(name_, line.size(), *parsed, options_.read);
    const bool any = log.has("lr") || options_.lr;
    if (!any && !parsed->may_lack_columns) fail_line("lr", {}, "there is no such column");
  } catch (const ArgumentError& error) {
    Place place = error.fields().place.value_or(Place{name_});
    if (place.line == 0) place.line = lines_;  // what is wrong with the columns as such is said without a line
    throw error.at(std::move(place));
  }
  std::optional<Row> row = row_of(log);
  for (const char* const name : {"lr", "grad_norm"}) {
    const auto source = log.source.find(name);
    if (row && source != log.source.end() && !series(log, name).step.empty()) row->source.insert(*source);
  }
  return row;
}

void LogStream::keep_columns(const Row& row) {
  auto& columns = options_.read.columns;
  for (const auto& found : row.source) {  // no structured binding: clang 14 does not let a lambda see one
    const bool said =
        std::any_of(columns.begin(), columns.end(), [&](const auto& one) { return one.second == found.first; });
    if (!said) columns.emplace(found.second, found.first);
  }
}

std::optional<LogStream::Row> LogStream::row_of(const RunLog& log) {
  const Series lr = log.has("lr") ? series(log, "lr") : Series{};
  const bool norms = options_.grad_norms && log.has("grad_norm");
  const Series norm = norms ? series(log, "grad_norm") : Series{};
  Row row;
  if (!norm.step.empty()) row.rates.grad_norm = norm.value.front();
  if (!options_.lr) {
    if (lr.step.empty()) return std::nullopt;
    row.step = lr.step.front();
    row.rates.lr = lr.value.front();
    return row;
  }
  row.step = !norm.step.empty() ? norm.step.front() : !lr.step.empty() ? lr.step.front() : log.step.back();
  const bool had_norm = rows_ > 0 && rates_.grad_norm;
  const bool same_step = rows_ > 0 && row.step == step_;  // columns of one row may come apart
  if (!row.rates.grad_norm && (had_norm || same_step)) return std::nullopt;
  row.rates.lr = row.step < 1 ? 0.0 : options_.lr->of(row.step);
  if (!lr.step.empty() && lr.step.front() >= 1 && difference_.empty()) {
    constexpr double matters = 0.01;  // of the peak, as in with_rates
    const double given = options_.lr->of(lr.step.front());
    if (std::fabs(lr.value.front() - given) > matters * options_.lr->peak) {
      difference_ = runlog::rate_difference(lr.value.front(), lr.step.front(), given);
    }
  }
  return row;
}

void LogStream::check(const UpdateRates& rates) const {
  const auto check_one = [&](std::string_view what, double value) {
    if (std::isfinite(value) && value >= 0.0) return;
    fail_line(what, format_number(value), "must be finite and >= 0");
  };
  check_one("lr", rates.lr);
  if (rates.grad_norm) check_one("grad_norm", *rates.grad_norm);
  const bool began = rows_ > 0 && step_ > 0;  // of the state before training no norm is known
  if (began && rates.grad_norm.has_value() != rates_.grad_norm.has_value()) {
    fail_line("grad_norm", {}, rates.grad_norm ? "the lines before have none" : "is missing");
  }
}

void LogStream::check_gap(const Row& row) const {
  if (row.step > runlog::longest_run) {
    fail_line("step", std::to_string(row.step), concat({"must be at most ", std::to_string(runlog::longest_run)}));
  }
  if (rows_ > 0 && row.step <= step_) {
    fail_line("step", std::to_string(row.step), concat({"must be above the step before it, ", std::to_string(step_)}));
  }
  if (rows_ == 0 && options_.warmup > row.step) {
    fail_line(
        "step", std::to_string(row.step),
        concat({"the first logged step is within the unlogged warmup of ", std::to_string(options_.warmup), " steps"}));
  }
  const std::int64_t from = rows_ > 0 ? step_ : std::max(options_.warmup, options_.done);
  const std::int64_t longest = options_.max_gap > 0 ? options_.max_gap : 10 * longest_gap_;
  const bool known = options_.max_gap > 0 || spacings_ >= spacings_to_know;
  if (!known || row.step - from <= longest) return;
  fail_line(
      "lr", {},
      concat({"not logged from step ", std::to_string(from), " to step ", std::to_string(row.step), ", ",
              std::to_string(row.step - from), " steps; the longest gap to bridge is ", std::to_string(longest)}));
}

std::vector<UpdateStretch> LogStream::advance(const Row& row) {
  check(row.rates);
  check_gap(row);
  std::vector<UpdateStretch> stretches;
  const auto add = [&](std::int64_t from, std::int64_t to, const UpdateRates& before) {
    if (to > from) stretches.push_back({from + 1, to - from, before, row.rates});
  };
  if (rows_ > 0) {
    UpdateRates before = rates_;
    if (!before.grad_norm) before.grad_norm = row.rates.grad_norm;
    add(step_, row.step, before);
    longest_gap_ = std::max(longest_gap_, row.step - step_);
    ++spacings_;
  } else {
    add(0, options_.warmup, {0.0, row.rates.grad_norm});
    add(options_.warmup, row.step, row.rates);
  }
  ++rows_;
  step_ = row.step;
  rates_ = row.rates;
  // What the caller has already: a stretch that begins before its end is cut, on the same line.
  std::erase_if(stretches, [&](const UpdateStretch& s) { return s.first + s.count - 1 <= options_.done; });
  for (UpdateStretch& stretch : stretches) {
    const std::int64_t cut = options_.done + 1 - stretch.first;
    if (cut > 0) stretch = {stretch.first + cut, stretch.count - cut, stretch.at(cut - 1), stretch.last};
  }
  return stretches;
}

}  // namespace scheduled
