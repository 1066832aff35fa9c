// What a training log holds, and what it serves for. Part of scheduled::runlog.
#include "scheduled/describe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.hpp"

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

/// The rates of all updates, and the schedule that they are like.
void describe_rates(const RunLog& log, const DenseOptions& options, LogDescription& about) {
  KnownRates rates = known_rates(log, options);
  about.no_shape = std::move(rates.why_not);
  if (!about.no_shape.empty()) return;
  if (rates.lr.size() < 2) {
    about.no_shape = "a single update has no shape";
  } else if (std::all_of(rates.lr.begin(), rates.lr.end(), [](double rate) { return rate == 0.0; })) {
    about.no_shape = "all rates are 0";
  } else {
    about.shape = nearest_spec(rates.lr);
    if (rates.lr.back() == 0.0 || rates.lr.back() >= rates.lr[rates.lr.size() - 2]) return;
    rates.lr.push_back(0.0);  // most programs are at 0 right after the last update
    NearestSpec longer = nearest_spec(rates.lr);
    if (longer.distance < 0.5 * about.shape->distance) about.shape = std::move(longer);
  }
}

std::vector<LogUse> uses_of(const RunLog& log, const LogDescription& about) {
  const bool logged = has_values(log, "lr");
  const std::string rates =
      about.shape ? std::string()
      : !logged   ? "learning rates: --lr SPEC gives the schedule, --columns NAME=lr names their column"
      : about.no_shape == "all rates are 0" ? "learning rates that are not all 0: --lr SPEC gives the schedule"
                                            : concat({"learning rates: ", about.no_shape});
  const std::string losses = loss_column(log).empty() ? "losses: --columns NAME=val_loss names their column" : "";
  const std::string norms =
      has_values(log, "grad_norm") ? "" : "gradient norms: --columns NAME=grad_norm names their column";
  const auto use = [](std::string verb, const std::string& first, const std::string& second = {}) {
    const std::string& needs = first.empty() ? second : first;
    return LogUse{std::move(verb), needs.empty(), needs};
  };
  return {use("bound", rates), use("fit", rates, losses), use("cooldown", rates, losses), use("extend", rates),
          use("refine", norms)};
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
  about.tail = rate_tail(log);
  about.notes = log.notes;
  describe_rates(log, rates, about);
  about.uses = uses_of(log, about);
  return about;
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
