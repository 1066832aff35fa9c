#include "law/fit/check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "law/curve.hpp"
#include "law/definition.hpp"

namespace scheduled::law {
namespace {

[[noreturn]] void fail_run(const FitRun& run, ArgumentError::Fields fields) {
  fields.place = {.source = concat({"run '", run.name, "'"})};
  throw ArgumentError(std::move(fields));
}

/// Rates and steps, as a curve needs them.
void check_series_of(const FitRun& run) {
  try {
    check_series(run.lr, run.step);
  } catch (const ArgumentError& error) {
    ArgumentError::Fields fields = error.fields();
    if (fields.name == "lr" && fields.index) {
      fields.requirement += concat({"; it is the rate of update ", std::to_string(*fields.index + 1)});
    }
    fail_run(run, std::move(fields));
  }
}

void check_run(const FitRun& run, const FitOptions& options) {
  if (run.step.empty()) fail_run(run, {.requirement = "must hold at least one loss"});
  if (run.step.size() != run.loss.size()) {
    fail_run(run, {.requirement = concat({"has ", std::to_string(run.step.size()), " steps and ",
                                          std::to_string(run.loss.size()), " losses"})});
  }
  for (std::size_t i = 0; i < run.loss.size(); ++i) {
    const double loss = run.loss[i];
    if (std::isfinite(loss) && (loss > 0.0 || !options.log_residuals)) continue;
    fail_run(run, {.name = "loss",
                   .index = static_cast<std::int64_t>(i),
                   .value = format_number(loss),
                   .requirement = concat({std::isfinite(loss) ? "must be > 0 with log residuals" : "must be finite",
                                          "; it is of step ", std::to_string(run.step[i])})});
  }
  check_series_of(run);
}

void check_options(LawKind kind, std::size_t runs, const FitOptions& options) {
  require_non_negative("huber", options.huber);
  if (options.huber > 0.0 && options.huber < 1e-9) fail_value("huber", options.huber, "must be 0 or at least 1e-9");
  require_non_negative("prior", options.prior);
  const auto at_least_one = [](std::string_view name, int value) {
    if (value < 1) fail_value(name, std::to_string(value), "must be >= 1");
  };
  at_least_one("candidates", options.candidates);
  at_least_one("starts", options.starts);
  at_least_one("max_iterations", options.max_iterations);
  at_least_one("threads", options.threads);
  if (options.starts > options.candidates) {
    fail_value("starts", std::to_string(options.starts),
               "must be at most candidates = " + std::to_string(options.candidates));
  }
  if (!options.weight.empty() && options.weight.size() != runs) {
    fail_argument("weight", concat({"has ", std::to_string(options.weight.size()), " values for ", std::to_string(runs),
                                    " runs"}));
  }
  require_non_negative("weight", options.weight);
  if (!options.weight.empty() && *std::max_element(options.weight.begin(), options.weight.end()) == 0.0) {
    fail_argument("weight", "all are 0; at least one must be > 0");
  }
  if (options.start) {
    check_law(*options.start);
    if (options.start->kind != kind) {
      fail_argument("start",
                    concat({"is a law ", law_name(options.start->kind), ", to be fitted is ", law_name(kind)}));
    }
  }
  for (const auto& [name, value] : options.fixed) {
    const LawParameter& parameter = law_parameters(kind)[parameter_index(kind, name)];
    if (value >= parameter.lower && value <= parameter.upper) continue;
    fail_value("fixed " + name, value,
               concat({"must be within [", format_number(parameter.lower), ", ", format_number(parameter.upper), "]"}));
  }
}

}  // namespace

void check_fit(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options) {
  if (runs.empty()) fail_argument("runs", "must hold at least one run");
  check_options(kind, runs.size(), options);
  std::size_t points = 0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  for (const FitRun& run : runs) {
    check_run(run, options);
    points += run.loss.size();
    const auto [low, high] = std::minmax_element(run.loss.begin(), run.loss.end());
    lowest = std::min(lowest, *low);
    highest = std::max(highest, *high);
  }
  const std::size_t parameters = law_parameters(kind).size() - options.fixed.size();
  if (points < parameters + 1) {
    const std::string of =
        runs.size() == 1 ? concat({"'", runs.front().name, "'"}) : concat({std::to_string(runs.size()), " runs"});
    fail_argument("loss",
                  concat({std::to_string(points), points == 1 ? " point of " : " points of ", of, " for ",
                          std::to_string(parameters), " parameters: must be at least ", std::to_string(parameters + 1),
                          "; further runs of the model may have them, or a law with fewer parameters fits"}));
  }
  if (lowest == highest) fail_value("loss", lowest, "the same at every step: there is nothing to fit");
}

}  // namespace scheduled::law
