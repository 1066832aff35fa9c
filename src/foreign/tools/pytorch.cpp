// PyTorch: a schedule is a call of torch.optim.lr_scheduler, its peak the lr of the optimizer. Step i has the rate
// after i calls of step(), and a decay over T ends at step T.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/joined.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array pytorch_keys{
    ForeignKey{"function", "", "the shape", true},
    ForeignKey{"lr", "", "the peak, of the optimizer"},
    ForeignKey{"updates", "", "the updates, which no call says"},
    ForeignKey{"max_lr", "", "the peak", true},
    ForeignKey{"total_steps", "", "the updates", true},
    ForeignKey{"epochs", "", "factor of the updates", true},
    ForeignKey{"steps_per_epoch", "", "factor of the updates", true},
    ForeignKey{"pct_start", "0.3", "share of the steps for the rise", true},
    ForeignKey{"anneal_strategy", "cos", "shape of the rise and the descent: cos or linear", true},
    ForeignKey{"div_factor", "25.0", "the peak over the first rate", true},
    ForeignKey{"final_div_factor", "1e4", "the first rate over the last", true},
    ForeignKey{"three_phase", "False", "whether it comes down in two pieces", true},
    ForeignKey{"T_max", "", "steps of the descent", true},
    ForeignKey{"eta_min", "0.0", "lowest rate", true},
    ForeignKey{"T_0", "", "steps of the first cycle", true},
    ForeignKey{"T_mult", "1", "factor of the next one's", true},
    ForeignKey{"start_factor", "0.3333333333333333", "first rate as a share of the peak", true},
    ForeignKey{"end_factor", "1.0", "last rate as a share of the peak", true},
    ForeignKey{"total_iters", "5", "steps of the change", true},
    ForeignKey{"power", "1.0", "of the polynomial", true},
    ForeignKey{"step_size", "", "steps between the stairs", true},
    ForeignKey{"milestones", "", "steps of the stairs", true},
    ForeignKey{"gamma", "", "factor of each stair or step", true},
    ForeignKey{"rise_from", "0.3333333333333333", "first rate of the LinearLR before it as a share of the peak"},
    ForeignKey{"rise_to", "1.0", "last rate of the LinearLR before it as a share of the peak"},
    ForeignKey{"rise_steps", "", "steps of the LinearLR before it"},
    ForeignKey{"factor", "0.3333333333333333", "the rate as a share of the peak", true},
    ForeignKey{"schedulers", "", "what it joins", true},
};

constexpr std::string_view by_code = "its rates are made by code of yours, or by what was measured; write a spec";

const std::vector<Function>& pytorch_functions() {
  static const std::vector<Function> all{
      {"OneCycleLR",
       {"optimizer", "max_lr", "total_steps", "epochs", "steps_per_epoch", "pct_start", "anneal_strategy",
        "cycle_momentum", "base_momentum", "max_momentum", "div_factor", "final_div_factor", "three_phase",
        "last_epoch", "verbose"}},
      {"CosineAnnealingLR", {"optimizer", "T_max", "eta_min", "last_epoch", "verbose"}},
      {"CosineAnnealingWarmRestarts", {"optimizer", "T_0", "T_mult", "eta_min", "last_epoch", "verbose"}},
      {"LinearLR", {"optimizer", "start_factor", "end_factor", "total_iters", "last_epoch", "verbose"}},
      {"PolynomialLR", {"optimizer", "total_iters", "power", "last_epoch", "verbose"}},
      {"StepLR", {"optimizer", "step_size", "gamma", "last_epoch", "verbose"}},
      {"MultiStepLR", {"optimizer", "milestones", "gamma", "last_epoch", "verbose"}},
      {"ExponentialLR", {"optimizer", "gamma", "last_epoch", "verbose"}},
      {"LambdaLR", {}, by_code},
      {"MultiplicativeLR", {}, by_code},
      {"ReduceLROnPlateau", {}, by_code},
      {"ChainedScheduler", {}, "it multiplies schedules; write a spec with stages(...)"},
      {"ConstantLR", {"optimizer", "factor", "total_iters", "last_epoch", "verbose"}},
      {"CyclicLR", {}, "it goes up and down for ever; write a spec with restarts(...) or stages(...)"}};
  return all;
}

bool is_sequence(const Json& value) { return name_of_call(value) == "SequentialLR"; }

constexpr std::array<std::string_view, 6> torch_of_others{"optimizer",    "cycle_momentum", "base_momentum",
                                                          "max_momentum", "last_epoch",     "verbose"};

/// SequentialLR(optimizer, [LinearLR(...), X], [W]) as X with a rise before it; nothing where it is none.
std::optional<Config> torch_rise_and_rest(const std::string& form, const Json& schedulers, const Json& milestones,
                                          std::int64_t line) {
  if (schedulers.items().size() != 2 || milestones.items().size() != 1) return std::nullopt;
  const Json& rise = schedulers.items()[0];
  const Function* const rest = function_of(pytorch_functions(), schedulers.items()[1]);
  constexpr std::array<std::string_view, 3> unfit{"OneCycleLR", "LinearLR", "ConstantLR"};
  if (name_of_call(rise) != "LinearLR" || rest == nullptr) return std::nullopt;
  if (std::find(unfit.begin(), unfit.end(), rest->name) != unfit.end()) return std::nullopt;
  Config of_rise{form, {}}, found{form, {}};
  add_arguments(of_rise, *function_of(pytorch_functions(), rise), rise, line);
  Json length = 5;
  for (const Setting& setting : of_rise.settings) {
    if (setting.key == "start_factor") found.settings.push_back({"rise_from", setting.value, line});
    if (setting.key == "end_factor") {
      if (!setting.value.is_number() || setting.value.number() != 1.0) return std::nullopt;
      found.settings.push_back({"rise_to", setting.value, line});
    }
    if (setting.key == "total_iters") length = setting.value;
  }
  if (length != milestones.items()[0]) return std::nullopt;
  found.settings.push_back({"rise_steps", length, line});
  add_arguments(found, *rest, schedulers.items()[1], line);
  return found;
}

void add_sequence(Config& config, const Json& call, std::int64_t line) {
  const Json* const schedulers = argument_of(call, "schedulers", "1");
  const Json* const milestones = argument_of(call, "milestones", "2");
  if (schedulers == nullptr || milestones == nullptr || !schedulers->is_array() || !milestones->is_array())
    fail_at(
        line,
        "SequentialLR is read where its schedulers and milestones are lists of calls and of steps that the text says");
  if (auto found = torch_rise_and_rest(config.form, *schedulers, *milestones, line)) {
    config = std::move(*found);
    return;
  }
  config.settings.push_back({"function", "SequentialLR", line});
  config.settings.push_back({"schedulers", *schedulers, line});
  config.settings.push_back({"milestones", *milestones, line});
}

/// The last schedule that is called, and the optimizer's lr: of its call, or a name that is set.
std::optional<Config> pytorch_call(const Config& config) {
  std::optional<Config> found;
  std::optional<Setting> lr;
  for (const Setting& setting : config.settings) {
    const Function* const function = function_of(pytorch_functions(), setting.value);
    if (function == nullptr && !is_sequence(setting.value)) {
      const bool call = !name_of_call(setting.value).empty();
      const Json* const rate = call ? setting.value.find("lr") : nullptr;
      if (rate != nullptr) lr = Setting{"lr", *rate, setting.line};
      if (!call && !lr && (setting.key == "lr" || setting.key == "learning_rate"))
        lr = Setting{"lr", setting.value, setting.line};
      continue;
    }
    found = Config{config.form, {}};
    if (function == nullptr) {
      add_sequence(*found, setting.value, setting.line);
    } else {
      add_arguments(*found, *function, setting.value, setting.line);
    }
  }
  if (!found) return std::nullopt;
  std::erase_if(found->settings, [&](const Setting& one) {
    return std::find(torch_of_others.begin(), torch_of_others.end(), one.key) != torch_of_others.end();
  });
  if (lr) found->settings.push_back(*lr);
  return flattened(*found);
}

/// The updates until `end`, or those that were asked for.
std::int64_t updates_until(Values& values, std::int64_t end) {
  const std::int64_t updates = values.updates_if("updates").value_or(end);
  if (updates > 0) values.make_updates(updates);
  return updates;
}

Schedule pytorch_one_cycle(Values& values) {
  Course course{.peak = values.positive("max_lr")};
  if (values.has("total_steps")) {
    course.updates = values.updates("total_steps");
  } else {
    if (!values.has("epochs") || !values.has("steps_per_epoch"))
      values.fail("total_steps", "is missing, or epochs with steps_per_epoch");
    course.updates = updates_until(values, values.count("epochs") * values.count("steps_per_epoch"));
  }
  if (values.flag("three_phase")) values.fail("three_phase", "is not translated; write a spec with stages(...)");
  const std::string strategy = values.word("anneal_strategy");
  constexpr std::array<std::string_view, 2> strategies{"cos", "linear"};
  if (strategy != "cos" && strategy != "linear") values.fail("anneal_strategy", must_be_one_of(strategy, strategies));
  const double first = values.positive("div_factor"), last = values.positive("final_div_factor");
  if (first < 1.0 || first * last < 1.0) values.fail("div_factor", "must be 1 or more, and so times final_div_factor");
  const double rise = values.share("pct_start") * static_cast<double>(course.updates) - 1.0;
  if (rise < 1.0) values.fail("pct_start", "must leave steps for the rise");
  const double low = course.peak / first, end = low / last;
  const auto total = static_cast<double>(course.updates - 1);
  if (std::floor(rise) != rise) {
    const auto between = [&](double from, double to, double x) {
      return strategy == "cos" ? to + (from - to) * cosine_at(x) : from + (to - from) * x;
    };
    return table_of(values, course.updates, [&](std::int64_t i) {
      const auto step = static_cast<double>(i);
      return step <= rise ? between(low, course.peak, step / rise)
                          : between(course.peak, end, (step - rise) / (total - rise));
    });
  }
  course.warmup = static_cast<std::int64_t>(rise);
  course.start = percent_of_peak(100.0 / first);
  course.decay = strategy == "cos" ? "cosine" : "linear";
  if (strategy == "cos") course.warmup_keys = "warmup_curve=cosine";
  course.begin = course.warmup;
  course.end = course.updates - 1;
  course.last = percent_of_peak(100.0 / (first * last));
  return schedule_of(course);
}

/// The steps of MultiStepLR's stairs, in their order.
std::vector<double> torch_milestones(Values& values) {
  std::vector<double> steps = values.numbers("milestones");
  for (const double step : steps) {
    if (step < 0.0 || std::floor(step) != step || step > 0x1p53)
      values.fail("milestones", "must be whole numbers, 0 or more: PyTorch never reaches others");
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

Schedule pytorch_stairs(Values& values, const Course& course, bool even) {
  std::vector<double> steps = even ? std::vector<double>() : torch_milestones(values);
  const std::int64_t updates = values.updates("updates");
  const double gamma = values.has("gamma") ? values.non_negative("gamma") : 0.1;
  constexpr std::int64_t most = 10'000;
  if (even) {
    const std::int64_t size = values.count("step_size");
    if (size < 1) values.fail("step_size", "must be 1 or more");
    if (updates / size > most) values.fail("step_size", "makes more than 10000 stairs");
    for (std::int64_t at = size; at < updates - course.warmup; at += size) steps.push_back(static_cast<double>(at));
  }
  std::string milestones, factors;
  double factor = 1.0;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    factor *= gamma;
    if (k + 1 < steps.size() && steps[k + 1] == steps[k]) continue;
    milestones += (milestones.empty() ? "" : ", ") + format_number(steps[k] + static_cast<double>(course.warmup));
    factors += (factors.empty() ? "" : ", ") + format_number(factor);
  }
  if (milestones.empty()) return constant_of(course, updates);
  return parse_spec("piecewise", {"steps=" + std::to_string(updates), peak_key(course.peak), warmup_key(course),
                                  "milestones=[" + milestones + "]", "factors=[" + factors + "]"});
}

Schedule pytorch_linear(Values& values, Course course) {
  const double first = values.number("start_factor"), last = values.number("end_factor");
  const std::int64_t steps = values.some("total_iters");
  if (first <= 0.0 || first > 1.0 || last < 0.0 || last > 1.0)
    values.fail("start_factor", "must be above 0, at most 1, and so end_factor");
  if (first <= last) {
    course.peak *= last;
    course.start = share_of_peak(first / last);
    course.warmup = steps;
    return constant_of(course, values.updates("updates"));
  }
  if (course.warmup > 0 && first != 1.0) values.fail("start_factor", "must be 1 after the rise");
  course.last = share_of_peak(last / first);
  course.peak *= first;
  course.end = course.begin + steps;
  course.updates = updates_until(values, course.end);
  return schedule_of(course);
}

/// Stairs within a sequence, up to its end.
void join_torch_stairs(Joined& joined, Values& part, double lr, std::int64_t at, std::optional<std::int64_t> end,
                       bool even) {
  const double gamma = part.has("gamma") ? part.non_negative("gamma") : 0.1;
  joined.hold(at, lr);
  double factor = 1.0;
  if (!even) {
    for (const double step : torch_milestones(part)) {
      factor *= gamma;
      joined.hold(at + static_cast<std::int64_t>(step), factor * lr);
    }
    return;
  }
  const std::int64_t size = part.count("step_size");
  constexpr std::int64_t most = 10'000;
  if (!end) part.fail("function", "has no end within SequentialLR: give the updates of the run");
  if (size < 1 || (*end - at) / size > most) part.fail("step_size", "must be 1 or more, and make at most 10000 stairs");
  for (std::int64_t step = at + size; step < *end; step += size) joined.hold(step, (factor *= gamma) * lr);
}

/// One of the schedulers of SequentialLR, whose step 0 is `at`.
void join_torch(Joined& joined, Values& part, double lr, std::int64_t at, std::optional<std::int64_t> end) {
  const std::string name = part.word("function");
  if (name == "LinearLR") {
    const double first = part.share("start_factor"), last = part.share("end_factor");
    return joined.way("linear", at, first * lr, at + part.some("total_iters"), last * lr);
  }
  if (name == "ConstantLR") {
    joined.hold(at, part.share("factor") * lr);
    return joined.hold(at + part.some("total_iters"), lr);
  }
  if (name == "StepLR" || name == "MultiStepLR") return join_torch_stairs(joined, part, lr, at, end, name == "StepLR");
  if (name == "ExponentialLR") {
    const double gamma = part.positive("gamma");
    if (gamma >= 1.0) part.fail("gamma", "must be below 1");
    return joined.endless("exponential half_life=" + format_number(std::numbers::ln2 / -std::log(gamma)), at, lr);
  }
  if (name == "PolynomialLR") {
    const double power = part.positive("power");
    const std::string curve = power == 1.0 ? "linear" : concat({"polynomial power=", format_number(power)});
    return joined.way(curve, at, lr, at + part.count("total_iters"), 0.0);
  }
  if (name != "CosineAnnealingLR") part.fail("function", "is not translated within SequentialLR");
  const std::int64_t steps = part.some("T_max");
  if (end && *end > at + steps + 1) part.fail("T_max", "is passed: the rate rises again after it");
  joined.way("cosine", at, lr, at + steps, part.non_negative("eta_min"));
}

/// A sequence, or one scheduler as one.
Schedule pytorch_sequence(Values& values, double lr) {
  Joined joined;
  const auto updates = values.updates_if("updates");
  if (values.word("function") == "ConstantLR") {
    join_torch(joined, values, lr, 0, updates);
    return joined.schedule(values);
  }
  read_parts(values, pytorch_functions(), "schedulers", "milestones",
             [&](Values& part, std::int64_t begin, std::optional<std::int64_t> end) {
               join_torch(joined, part, lr, begin, end ? end : updates);
             });
  return joined.schedule(values);
}

Schedule read_pytorch(Values& values) {
  const std::string name = values.word("function");
  values.differs("update i is the i-th call of step(): where that comes once an epoch, steps are epochs");
  if (name == "OneCycleLR") return pytorch_one_cycle(values);
  Course course{.peak = values.positive("lr")};
  if (name == "SequentialLR" || name == "ConstantLR") return pytorch_sequence(values, course.peak);
  if (values.has("rise_steps")) {
    course.warmup = values.count("rise_steps");
    course.start = share_of_peak(values.share("rise_from"));
    if (values.number("rise_to") != 1.0) values.fail("rise_to", "must be 1, where the next one begins");
  }
  course.begin = course.warmup;
  if (name == "LinearLR") return pytorch_linear(values, course);
  if (name == "StepLR" || name == "MultiStepLR") return pytorch_stairs(values, course, name == "StepLR");
  if (name == "ExponentialLR") {
    const double gamma = values.positive("gamma");
    if (gamma >= 1.0) values.fail("gamma", "must be below 1");
    const std::int64_t updates = values.updates("updates");
    if (updates <= course.warmup) return constant_of(course, updates);
    return parse_spec("exponential", {"steps=" + std::to_string(updates), peak_key(course.peak), warmup_key(course),
                                      "half_life=" + format_number(std::numbers::ln2 / -std::log(gamma))});
  }
  course.last = absolute_lr(values.non_negative("eta_min"));
  if (name == "PolynomialLR") {
    course.last = Rate{};
    course.end = course.begin + values.count("total_iters");
    const double power = values.positive("power");
    course.decay = power == 1.0 ? "linear" : concat({"polynomial power=", format_number(power)});
    course.updates = updates_until(values, course.end);
    return schedule_of(course);
  }
  if (course.last.value > course.peak) values.fail_above_peak("eta_min", course.peak);
  if (name == "CosineAnnealingWarmRestarts") {
    return parse_spec("restarts",
                      {"steps=" + std::to_string(values.updates("updates")), peak_key(course.peak), warmup_key(course),
                       "cycle=" + std::to_string(values.some("T_0")),
                       "multiplier=" + std::to_string(values.some("T_mult")), "low=" + print_rate(course.last)});
  }
  course.decay = "cosine";
  course.end = course.begin + values.some("T_max");
  course.updates = updates_until(values, course.end);
  if (course.updates > course.end + 1) values.fail("T_max", "is passed by the run: the rate rises again after it");
  return schedule_of(course);
}

}  // namespace

const Tool pytorch{
    {"pytorch", "PyTorch (torch.optim.lr_scheduler)", "Python", pytorch_keys},
    read_pytorch,
    write_pytorch,
    "import numpy as np, torch\n"
    "rates = np.load(\"TABLE\")  # or scheduled.torch.ScheduledLR(optimizer, SPEC), docs/guide/training-programs.md\n"
    "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: rates[min(i, len(rates) - 1)] / PEAK)\n",
    pytorch_call};

}  // namespace scheduled::foreign
