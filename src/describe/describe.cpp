// What a training log holds, and what it serves for. Part of scheduled::runlog.
#include "scheduled/describe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "runlog/digits.hpp"

namespace scheduled {
namespace {

constexpr std::array<std::string_view, 5> standard_columns = {"lr", "train_loss", "val_loss", "grad_norm", "tokens"};

DescribedColumn describe_column(const RunLog& log, const std::string& name) {
  const Series values = series(log, name);
  DescribedColumn column;
  column.name = name;
  const auto source = log.source.find(name);
  if (source != log.source.end()) column.source = source->second;
  column.values = static_cast<std::int64_t>(values.step.size());
  if (values.step.empty()) return column;
  column.first = values.step.front();
  column.last = values.step.back();
  const auto [low, high] = std::minmax_element(values.value.begin(), values.value.end());
  column.low = *low;
  column.high = *high;
  return column;
}

std::vector<DescribedColumn> describe_columns(const RunLog& log) {
  std::vector<DescribedColumn> columns;
  for (const std::string_view name : standard_columns) {
    if (log.has(name)) columns.push_back(describe_column(log, std::string(name)));
  }
  for (const auto& [name, values] : log.column) {
    const bool standard = std::find(standard_columns.begin(), standard_columns.end(), name) != standard_columns.end();
    if (!standard) columns.push_back(describe_column(log, name));
  }
  return columns;
}

std::int64_t median_spacing(const std::vector<std::int64_t>& step) {
  std::vector<std::int64_t> spacing;
  for (std::size_t k = 1; k < step.size(); ++k) spacing.push_back(step[k] - step[k - 1]);
  if (spacing.empty()) return 0;
  const auto middle = spacing.begin() + static_cast<std::ptrdiff_t>(spacing.size() / 2);
  std::nth_element(spacing.begin(), middle, spacing.end());
  return *middle;
}

/// The nearest spec; or that of one step more, at 0, as most programs are right after the last update.
NearestSpec nearest_shape(std::vector<double> lr) {
  NearestSpec shape = nearest_spec(lr);
  if (lr.back() == 0.0 || lr.back() >= lr[lr.size() - 2]) return shape;
  lr.push_back(0.0);
  NearestSpec longer = nearest_spec(lr);
  return longer.distance < 0.5 * shape.distance ? longer : shape;
}

/// The rates with those before the first row on the line of the first two rows, where densify holds the first one: a
/// schedule that rises or falls from the start has no plateau there. Empty: nothing is held, or the rows are equal.
std::vector<double> begun_on_a_line(const RunLog& log, const DenseOptions& options, std::vector<double> lr) {
  if (!log.rates.empty() || options.warmup.value_or(0) > 0) return {};
  if (const auto head = rate_head(log); head && head->rows > 0 && !options.warmup) return {};  // they are
  const Series rows = series(log, "lr");
  if (rows.step.size() < 3 || rows.step.front() < 2 || rows.value[0] == rows.value[1]) return {};
  const std::int64_t first = rows.step[0];
  const double slope = (rows.value[1] - rows.value[0]) / static_cast<double>(rows.step[1] - first);
  for (std::int64_t t = 1; t < first; ++t) {
    const double rate = rows.value[0] - slope * static_cast<double>(first - t);
    lr[static_cast<std::size_t>(t) - 1] = std::max(rate, 0.0);
  }
  return lr;
}

/// How far from the rates a schedule may be that gives them to the digits that they were logged with, as a share of the
/// peak.
double digits_allow(const RunLog& log) {
  if (!log.rates.empty() || !log.has("lr")) return 1e-6;
  int digits = 0;
  for (const double rate : log.at("lr")) {
    if (!std::isnan(rate)) digits = std::max(digits, runlog::digits_of(rate));
  }
  return std::clamp(0.5 * std::pow(10.0, 1 - digits), 1e-6, 2e-3);
}

/// Takes, of the schedules that have no warmup and no plateau, the nearest one within `allowed`, if it is nearer than
/// `best`.
void take_plain(const std::vector<double>& lr, double allowed, std::optional<NearestSpec>& best) {
  const double largest = *std::max_element(lr.begin(), lr.end());
  for (const char* const name : {"constant", "linear", "cosine", "1-sqrt"}) {
    const Schedule schedule = Schedule::parse(concat({name, "(steps=", std::to_string(lr.size()), ")"}));
    std::vector<double> shape(lr.size());
    schedule.fill(0, shape);
    double product = 0.0, squares = 0.0;
    for (std::size_t t = 0; t < lr.size(); ++t) {
      product += lr[t] * shape[t];
      squares += shape[t] * shape[t];
    }
    for (const double peak : {largest, product / squares}) {  // the rate as it was logged, where that is as near
      double off = 0.0, sum = 0.0;
      for (std::size_t t = 0; t < lr.size(); ++t) {
        const double difference = std::fabs(lr[t] - peak * shape[t]) / largest;
        off = std::max(off, difference);
        sum += difference * difference;
      }
      if (off > allowed || (best && off >= best->distance)) continue;
      best = NearestSpec{schedule.with_peak(peak), off, std::sqrt(sum / static_cast<double>(lr.size()))};
    }
  }
}

/// The schedule that a run's record, or who gave the rates, says, where the rates are indeed its.
std::optional<NearestSpec> recorded_schedule(const RunLog& log) {
  const auto text = log.meta.find("schedule");
  if (text == log.meta.end() || !std::holds_alternative<std::string>(text->second) || log.rates.empty()) return {};
  try {
    const Schedule schedule = Schedule::parse(std::get<std::string>(text->second));
    std::vector<double> lr(log.rates.size());
    schedule.fill(0, lr);
    if (lr == log.rates) return NearestSpec{schedule, 0.0, 0.0};
  } catch (const ArgumentError&) {
    // the configuration of another program
  }
  return std::nullopt;
}

/// The schedule that the rates of all updates are like; a plain one, where that is within their digits.
void describe_rates(const RunLog& log, const KnownRates& known, const DenseOptions& options, LogDescription& about) {
  const std::vector<double>& lr = known.lr;
  about.no_shape = known.why_not;
  if (lr.empty()) return;
  if (lr.size() < 2) {
    about.no_shape = "a single update has no shape";
    return;
  }
  if (last_positive_step(lr) == 0) {
    about.no_shape = "all rates are 0";
    return;
  }
  about.shape = recorded_schedule(log);
  about.recorded = about.shape.has_value();
  if (about.recorded) return;
  const double allowed = digits_allow(log);
  const std::vector<double> begun = begun_on_a_line(log, options, lr);
  for (std::vector<double> rates : {lr, begun}) {
    if (rates.empty()) continue;
    take_plain(rates, allowed, about.shape);
    if (rates.back() == 0.0) continue;
    rates.push_back(0.0);  // most programs are at 0 right after the last update
    take_plain(rates, allowed, about.shape);
  }
  if (about.shape) return;
  about.shape = nearest_shape(lr);
  if (begun.empty()) return;
  NearestSpec nearest = nearest_shape(begun);
  if (nearest.distance < 0.5 * about.shape->distance) about.shape = std::move(nearest);
}

/// What the verbs need that the log does not have, in words; empty: nothing.
class Needs {
 public:
  Needs(const RunLog& log, const KnownRates& known, const DenseOptions& options)
      : log_(log), known_(known), options_(options) {
    if (const std::string_view loss = loss_column(log); !loss.empty()) losses_ = series(log, loss);
  }

  std::string of_bound() const {
    if (!has_rate()) return rates();
    if (!losses_.step.empty() && losses_.step.back() < 1) return "a loss after step 0";
    try {
      run_updates(log_, {.rates = options_});
    } catch (const ArgumentError& error) {
      return error.what();
    }
    return "";
  }
  /// To go on from its end.
  std::string of_trunk() const {
    if (known_.lr.empty() || !has_rate()) return rates();
    return known_.lr.back() > 0.0
               ? ""
               : concat({"a rate above 0 at its end: ", option_text("at", "STEP"), " names an earlier one"});
  }
  std::string of_fit() const {
    if (losses_.step.empty()) return concat({"losses: ", named("val_loss")});
    if (!has_rate() && !has_rate_up_to(losses_.step.back())) return rates();
    constexpr std::int64_t fewest = 11;  // one more than the noise law has parameters
    const std::string_view loss = loss_column(log_);
    const std::int64_t count = described(losses_);
    if (count >= fewest) return "";
    const std::int64_t others =
        loss == "val_loss" && log_.has("train_loss") ? described(series(log_, "train_loss")) : 0;
    return concat({"at least ", std::to_string(fewest), " losses for the default law: ", loss, " has ",
                   std::to_string(count), " from step ", std::to_string(first_described()), " on; ",
                   others >= fewest ? concat({option_text("column", "train_loss"), " has ", std::to_string(others)})
                                    : "other runs of the model may have them"});
  }
  std::string of_refine() const {
    if (!has_values(log_, "grad_norm")) return concat({"gradient norms: ", named("grad_norm")});
    const Series norms = series(log_, "grad_norm");
    if (norms.step.size() < 2) return "at least 2 gradient norms";
    const auto zero = std::find_if(norms.value.begin(), norms.value.end(), [](double norm) { return !(norm > 0.0); });
    if (zero != norms.value.end()) {
      const std::int64_t step = norms.step[static_cast<std::size_t>(zero - norms.value.begin())];
      return concat({"gradient norms above 0: that of step ", std::to_string(step), " is 0"});
    }
    try {
      densify_logged(log_, "grad_norm", options_);
    } catch (const ArgumentError& error) {
      return concat({"gradient norms: ", error.what()});
    }
    return "";
  }

 private:
  /// Earlier losses fit_runs leaves out.
  std::int64_t first_described() const {
    constexpr double undescribed = 0.05;  // of the run
    return std::max<std::int64_t>(std::llround(undescribed * static_cast<double>(log_.step.back())), 1);
  }
  std::int64_t described(const Series& losses) const {
    return losses.step.end() - std::lower_bound(losses.step.begin(), losses.step.end(), first_described());
  }
  static std::string named(std::string_view column) { return columns_text("NAME", column) + " names their column"; }
  bool has_rate() const { return last_positive_step(known_.lr) > 0; }
  /// Rates of updates after the last loss do not count in a fit.
  bool has_rate_up_to(std::int64_t step) const {
    try {
      return step >= 1 && (has_values(log_, "lr") || !log_.rates.empty()) &&
             last_positive_step(densify(log_, "lr", step, options_)) > 0;
    } catch (const ArgumentError&) {
      return false;
    }
  }
  std::string rates() const {
    const std::string schedule = option_text("lr", "SPEC") + " gives the schedule";
    if (!known_.lr.empty()) return concat({"learning rates that are not all 0: ", schedule});
    if (has_values(log_, "lr")) return concat({"learning rates: ", known_.why_not});
    return concat({"learning rates: ", schedule, ", ", named("lr")});
  }

  const RunLog& log_;
  const KnownRates& known_;
  const DenseOptions& options_;
  Series losses_;
};

std::vector<LogUse> uses_of(const Needs& needs) {
  std::vector<LogUse> uses;
  const auto use = [&](std::string verb, std::string lacks) {
    uses.push_back({std::move(verb), lacks.empty(), std::move(lacks)});
  };
  use("bound", needs.of_bound());
  use("fit", needs.of_fit());
  use("cooldown", needs.of_trunk());
  use("extend", needs.of_trunk());
  use("refine", needs.of_refine());
  return uses;
}

}  // namespace

LogDescription describe_log(const RunLog& log, const DenseOptions& rates) {
  if (log.step.empty()) throw ArgumentError({.requirement = "has no rows", .place = Place{log.name}});
  LogDescription about;
  about.columns = describe_columns(log);  // checks the log, too
  about.name = log.name;
  about.format = log.format;
  about.rows = static_cast<std::int64_t>(log.rows());
  about.first_step = log.step.front();
  about.last_step = log.step.back();
  about.spacing = median_spacing(log.step);
  for (std::size_t k = 1; k < log.step.size(); ++k) {
    const std::int64_t from = log.step[k - 1];
    if (log.step[k] - from > 10 * about.spacing) about.gaps.push_back({from, log.step[k]});
  }
  about.restarts = log.restarts;
  about.left_out = log.left_out;
  if (!rates.warmup) about.head = rate_head(log);
  about.tail = rate_tail(log);
  about.notes = log.notes;
  const KnownRates known = known_rates(log, rates);
  // The rate that is held after the last logged one is none of the schedule's.
  const bool goes_on = about.tail && !about.tail->shape.empty();
  describe_rates(log, goes_on ? known_rates(continue_rates(log), rates) : known, rates, about);
  about.uses = uses_of(Needs(log, known, rates));
  return about;
}

Duration horizon_of(const RunLog& log) { return steps(log.step.empty() ? 1 : log.step.back() + 1); }

RunLog with_rates(RunLog log, const Schedule& schedule) {
  const std::int64_t last = log.step.empty() ? 0 : log.step.back();
  log.meta.insert_or_assign("schedule", print(schedule));
  if (schedule.steps() && *schedule.steps() < last) {
    log.notes.push_back(concat({"the schedule given has ", std::to_string(*schedule.steps()),
                                " steps, the log goes on to ", std::to_string(last), ": its last rate is held"}));
  }
  return with_rates(std::move(log), schedule.values(last));
}

std::optional<TailEffect> tail_effect(const RunLog& log, const AlongOptions& options) {
  const std::optional<RateTail> tail = rate_tail(log);
  if (!tail || options.T) return std::nullopt;
  RunLog continued = log;
  if (tail->shape.empty()) {
    continued.column.at("lr").back() = tail->end;  // between the rows densify draws the line
  } else {
    continued = continue_rates(std::move(continued));
  }
  try {
    AlongOptions same = options;  // the same distance for both
    const RunBound held = bound_along(log, same);
    same.distance = held.distance;
    return TailEffect{*tail, held.bound.back(), bound_along(continued, same).bound.back()};
  } catch (const ArgumentError&) {
    return std::nullopt;
  }
}

}  // namespace scheduled
