// What in a log looks as if it were not what it seems: said, never repaired.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "runlog/digits.hpp"
#include "runlog/head.hpp"
#include "runlog/names.hpp"
#include "runlog/table.hpp"

namespace scheduled::runlog {
namespace {

std::string first_at(std::size_t count, std::int64_t step) {
  return concat(
      {count == 1 ? "at step " : concat({"at ", std::to_string(count), " steps, first "}), std::to_string(step)});
}

/// A rate of 0 between others: what a sum over rows, or a missing value read as 0, leaves behind.
std::string zero_rates_note(const Series& lr) {
  const auto positive = [](double value) { return value > 0.0; };
  const auto begin = std::find_if(lr.value.begin(), lr.value.end(), positive) - lr.value.begin();
  const auto end = lr.value.rend() - std::find_if(lr.value.rbegin(), lr.value.rend(), positive);
  std::size_t count = 0;
  std::int64_t first = 0;
  for (auto k = begin; k < end; ++k) {
    if (lr.value[static_cast<std::size_t>(k)] > 0.0) continue;
    if (count++ == 0) first = lr.step[static_cast<std::size_t>(k)];
  }
  if (count == 0) return {};
  return concat({"lr is 0 ", first_at(count, first),
                 ", and positive before and after: is it a rate, or "
                 "was none logged there?"});
}

void note_zero_losses(RunLog& log) {
  for (const char* const column : {"train_loss", "val_loss"}) {
    if (!log.has(column)) continue;
    std::size_t count = 0;
    std::int64_t first = 0;
    const std::vector<double>& values = log.at(column);
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (values[k] == 0.0 && count++ == 0) first = log.step[k];
    }
    if (count == 0) continue;
    log.notes.push_back(
        concat({column, " is 0 ", first_at(count, first), ": is it a loss, or was none logged there?"}));
  }
}

std::string tail_note(const RunLog& log) {
  const std::optional<RateTail> tail = rate_tail(log);
  if (!tail) return {};
  const std::string which =
      tail->shape.empty() ? concat({"on the line of its last two rows it would be ", rounded(tail->end), " at the end"})
                          : concat({"the ", tail->shape, " decay of its last rows reaches 0 at step ",
                                    rounded(tail->zero_at), "; ", option_text("continue-lr"), " goes on along it"});
  return concat({"no lr is logged after step ", std::to_string(tail->from), ", but rows go on to step ",
                 std::to_string(tail->to), ": the rate is held at ", rounded(tail->held), "; ", which});
}

/// Rates that were printed with one or two digits and show it.
std::string digits_note(const Series& lr) {
  constexpr int too_few = 2;
  int digits = 0;
  for (const double value : lr.value) digits = std::max(digits, digits_of(value));
  if (digits > too_few || !shows_rounding(lr, digits)) return {};
  return concat({"lr has at most ", digits == 1 ? "1 digit" : "2 digits",
                 ", and moves as a rounded rate does: rates may be up to ", digits == 1 ? "50" : "5", " % off; ",
                 option_text("lr", "SPEC"), " gives exact ones"});
}

/// What there is to say of logged rates; not what has to do with options of reading.
std::vector<std::string> rate_notes(const RunLog& log) {
  if (!has_values(log, "lr")) return {};
  const Series lr = series(log, "lr");
  std::vector<std::string> notes{zero_rates_note(lr), tail_note(log), digits_note(lr)};
  std::erase(notes, std::string{});
  return notes;
}

/// Rows after every 10, 50, ... updates whose steps end in 9, 49, ...: the first update was step 0, as of Lightning.
void note_zero_based(RunLog& log, const ReadOptions& options) {
  const bool rates = has_values(log, "lr");
  if (!rates && !has_values(log, "train_loss")) return;
  const std::vector<double>& values = log.at(rates ? "lr" : "train_loss");
  std::array<std::int64_t, 3> first{};  // steps that logged it
  std::size_t count = 0;
  std::int64_t spacing = 0, before = 0;
  for (std::size_t k = 0; k < values.size() && spacing != 1; ++k) {
    if (std::isnan(values[k])) continue;
    if (count < first.size()) first[count] = log.step[k];
    if (count++ > 0) spacing = std::gcd(spacing, log.step[k] - before);
    before = log.step[k];
  }
  if (rates && first[0] == 0) {
    if (options.lr_of != RateOf::automatic) return;
    log.notes.push_back(concat({"lr is logged at step 0, before any update; ", option_text("step-offset", "1"),
                                " says that steps count from 0, ", option_text("lr-of", "next"),
                                " that rows have the rate of the update after theirs"}));
    return;
  }
  constexpr std::int64_t at_least = 5;
  if (count < first.size() || spacing < at_least || (first[0] + 1) % spacing != 0) return;
  log.notes.push_back(
      concat({"steps ", std::to_string(first[0]), ", ", std::to_string(first[1]), ", ", std::to_string(first[2]),
              " look as if the first update were step 0; ", option_text("step-offset", "1"), " says so"}));
}

/// Whether a column of epochs counts the steps.
bool counts_epochs(const RunLog& log) {
  const auto source = log.source.find("step");
  const std::optional<UsualName> usual = source == log.source.end() ? std::nullopt : usual_name(source->second);
  return usual && usual->rank == epoch_rank();
}

void note_epochs(RunLog& log) {
  log.notes.push_back(concat(
      {"no column counts steps: each epoch is one",
       log.step.front() == 0 ? concat({", the first is 0; ", option_text("step-offset", "1"), " makes it 1"}) : ""}));
}

}  // namespace

std::string rounded(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6).ptr;
  return {text.data(), end};
}

void add_warnings(RunLog& log, const ReadOptions& options) {
  if (!options.gives_rates) {
    for (std::string& note : rate_notes(log)) log.notes.push_back(std::move(note));
    std::string note = options.says_warmup ? std::string{} : head_note(log);
    if (!note.empty()) log.notes.push_back(std::move(note));
  }
  note_zero_losses(log);
  if (counts_epochs(log)) return note_epochs(log);
  note_zero_based(log, options);
}

void drop_rate_notes(RunLog& log) {
  for (const std::string& note : rate_notes(log)) std::erase(log.notes, note);
  drop_head_note(log);
}

}  // namespace scheduled::runlog
