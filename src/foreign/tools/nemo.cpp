// NeMo's own schedulers (model.optim.sched of NeMo 1, the lr_scheduler of NeMo 2's recipes): the warmup has (i+1)/(W+1)
// up to step W, and the decay ends at max_steps, an update that is never made. max_steps is the trainer's, where that
// has one, whatever the scheduler was given.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array nemo_keys{
    ForeignKey{"optim.lr|config.lr", "", "the peak"},
    ForeignKey{"sched.name|lr_scheduler._target_", "", "the shape", true},
    ForeignKey{"sched.warmup_steps|lr_scheduler.warmup_steps", "", "updates of the warmup", true},
    ForeignKey{"sched.warmup_ratio|lr_scheduler.warmup_ratio", "", "the warmup as a share of the run", true},
    ForeignKey{"sched.constant_steps|lr_scheduler.constant_steps", "", "updates at the last rate", true},
    ForeignKey{"sched.constant_ratio", "", "the time at the last rate as a share of the run", true},
    ForeignKey{"sched.hold_steps|lr_scheduler.hold_steps", "", "updates at the peak", true},
    ForeignKey{"sched.hold_ratio|lr_scheduler.hold_ratio", "", "the time at the peak as a share of the run", true},
    ForeignKey{"sched.min_lr|lr_scheduler.min_lr", "0.0", "last rate", true},
    ForeignKey{"sched.power|lr_scheduler.power", "1.0", "of the polynomial", true},
    ForeignKey{"sched.cycle|lr_scheduler.cycle", "false", "whether the polynomial begins again", true},
    ForeignKey{"sched.d_model|lr_scheduler.d_model", "", "width of the model, which divides Noam's peak", true},
    ForeignKey{"sched.decay_rate|lr_scheduler.decay_rate", "0.5", "exponent of NoamHoldAnnealing", true},
    ForeignKey{"lr_scheduler.decay_schedule", "linear", "shape of the decay", true},
    ForeignKey{"sched.max_steps|lr_scheduler.max_steps", "", "updates until the decay ends; default: of the run", true},
    ForeignKey{"sched.interval|lr_scheduler.interval", "step", "what a step of the scheduler is", true},
    ForeignKey{"sched.frequency|lr_scheduler.frequency", "1", "updates for each step of the scheduler", true},
    ForeignKey{"sched.monitor", "", "what a plateau is told by"},
    ForeignKey{"sched.reduce_on_plateau", "", "of plateaus"},
    ForeignKey{"trainer.max_steps", "", "the updates"},
};

constexpr std::array<std::string_view, 13> nemo_names{"CosineAnnealing",
                                                      "WarmupPolicy",
                                                      "WarmupHoldPolicy",
                                                      "WarmupAnnealing",
                                                      "WarmupHoldAnnealLinear",
                                                      "WarmupHoldAnnealOneMinusSquareRoot",
                                                      "PolynomialDecayAnnealing",
                                                      "PolynomialHoldDecayAnnealing",
                                                      "SquareAnnealing",
                                                      "SquareRootAnnealing",
                                                      "InverseSquareRootAnnealing",
                                                      "NoamAnnealing",
                                                      "NoamHoldAnnealing"};

/// The scheduler with its numbers, but for the cosine.
struct NemoPolicy {
  std::string name = {};
  bool of_class = false;  ///< of NeMo 2
  double peak = 0.0, low = 0.0, power = 1.0;
  std::int64_t warmup = 0, hold = 0, total = 0;  ///< hold: where it ends, 0 where nothing says it

  double at(std::int64_t i) const {
    const auto step = static_cast<double>(i), rise = static_cast<double>(warmup), end = static_cast<double>(total);
    if (name == "NoamAnnealing") {
      const double t = std::max(1.0, step);
      return warmup > 0 && i <= warmup ? peak * t / rise : std::max(low, peak * std::sqrt(std::max(rise, 1.0) / t));
    }
    if (warmup > 0 && i <= warmup) return peak * (step + 1.0) / (rise + 1.0);
    if (i < hold) return peak;
    if (i > total) return low;
    if (name == "InverseSquareRootAnnealing") return peak / std::sqrt((step + 1.0) / (rise + 1.0));
    if (name == "SquareRootAnnealing") return std::max(low, peak * std::sqrt((end - step) / end));
    const auto begin = static_cast<double>(begins());
    const double length = name == "PolynomialHoldDecayAnnealing" ? end - std::max(begin, rise) : end - begin;
    const double x = std::min(1.0, (step - begin) / length);
    if (name == "WarmupHoldAnnealLinear") return peak - (peak - low) * x;
    if (name == "WarmupHoldAnnealOneMinusSquareRoot") return std::max(low, peak * (1.0 - std::sqrt(x)));
    if (name == "PolynomialHoldDecayAnnealing") return low + (peak - low) * elementary::power(1.0 - x, power);
    return peak;
  }

  bool holds() const { return name.find("Hold") != std::string::npos; }
  /// The step with which it counts its decay.
  std::int64_t begins() const { return holds() ? hold : warmup; }
};

/// The steps that `name`_steps or `name`_ratio say; nothing where neither is given.
std::optional<std::int64_t> nemo_length(Values& values, std::string_view name, std::int64_t total) {
  const std::string steps = concat({"sched.", name, "_steps"}), ratio = concat({"sched.", name, "_ratio"});
  values.exclude(ratio, steps, "NeMo refuses both");
  if (values.has(steps)) return values.count(steps);
  if (!values.has(ratio)) return std::nullopt;
  return static_cast<std::int64_t>(values.share(ratio) * static_cast<double>(total));
}

/// A length that is not given, by the default of NeMo 2's class, which it says; nothing where that has none.
std::optional<std::int64_t> nemo_default(Values& values, const NemoPolicy& policy, std::string_view name) {
  const std::string key = concat({"sched.", name, "_steps"});
  if (!policy.of_class || !values.absent(key)) return std::nullopt;
  const bool warmup = name == "warmup";
  const bool cosine = policy.name == "CosineAnnealing";
  const bool warms = cosine || policy.name == "WarmupPolicy" || policy.name == "WarmupHoldPolicy" ||
                     policy.name == "WarmupAnnealing" || policy.name == "NoamAnnealing";
  if (warmup ? !warms : !cosine) return std::nullopt;
  const std::int64_t usual = warmup ? 750 : 80000;
  const bool newer = policy.name == "WarmupAnnealing";
  const std::string said = concat({std::to_string(usual), ", the default of NeMo 2's class"});
  if (const std::string ratio = concat({"sched.", name, "_ratio"}); values.has(ratio))
    values.fail(ratio, concat({"contradicts ", name, "_steps, which is ", said, ": NeMo refuses both; give ", name,
                               "_steps = None"}));
  values.differs(
      concat({name, "_steps is not given: ", said, newer ? ", but for 2.0, which has no warmup there" : ""}));
  return usual;
}

/// The last rate or floor, which by default is not 0 in two of them.
double nemo_low(Values& values, const NemoPolicy& policy) {
  const bool cosine = policy.of_class && policy.name == "CosineAnnealing";
  const bool by_default = values.absent("sched.min_lr") && (cosine || policy.name == "SquareAnnealing");
  if (!by_default) {
    const double low = values.non_negative("sched.min_lr");
    if (low > policy.peak) values.fail_above_peak("sched.min_lr", policy.peak);
    return low;
  }
  const double low = cosine ? 6e-5 : 1e-5;
  const std::string_view whose = cosine ? "NeMo 2's class" : "NeMo's SquareAnnealing";
  const std::string said = format_number(low);
  values.differs(concat({"min_lr is not given: ", said, ", the default of ", whose}));
  if (low > policy.peak)
    fail_argument("sched.min_lr", concat({"is missing: ", whose, " takes ", said, ", which is above the peak"}));
  return low;
}

/// Of NeMo 2 the class's, such as nemo.lightning.pytorch.optim.lr_scheduler.CosineAnnealingScheduler.
void read_nemo_name(Values& values, NemoPolicy& policy) {
  policy.name = values.word("sched.name");
  policy.name.erase(0, policy.name.find_last_of('.') + 1);
  constexpr std::string_view ending = "Scheduler";
  policy.of_class = policy.name.ends_with(ending);
  if (policy.of_class) policy.name.erase(policy.name.size() - ending.size());
  if (policy.of_class && policy.name == "WarmupHoldAnneal") {
    constexpr std::array<std::string_view, 2> decays{"linear", "one_minus_square_root"};
    const std::string decay = values.word("lr_scheduler.decay_schedule");
    const bool root = find_word("lr_scheduler.decay_schedule", decay, decays) == 1;
    policy.name += root ? "OneMinusSquareRoot" : "Linear";
  }
  if (policy.name == "T5InverseSquareRootAnnealing" || policy.name == "SquareRootConstantPolicy")
    values.fail("sched.name", "has the rate 1/sqrt(step) whatever the learning rate is: write a spec with rsqrt");
  if (policy.name == "ReduceLROnPlateau") values.fail("sched.name", "follows what was measured: it is no schedule");
  if (policy.name == "StepLR" || policy.name == "ExponentialLR" || policy.name == "CyclicLR")
    values.fail("sched.name", concat({"is PyTorch's: import its call, ", policy.name, "(optimizer, ...)"}));
  if (std::find(nemo_names.begin(), nemo_names.end(), policy.name) == nemo_names.end())
    values.fail("sched.name", concat({"is not translated; ", must_be_one_of(policy.name, nemo_names)}));
}

/// A scheduler that steps otherwise than once an update.
void check_nemo_interval(Values& values) {
  if (values.has("sched.interval") && values.word("sched.interval") != "step")
    values.fail("sched.interval", "must be step: the configuration does not say how many updates an epoch has");
  if (values.has("sched.frequency") && values.number("sched.frequency") != 1.0)
    values.fail("sched.frequency", "must be 1: write a spec with all lengths that many times as long");
}

/// The trainer's max_steps counts; the scheduler's where that has none.
Course nemo_run(Values& values, NemoPolicy& policy) {
  Course course{.peak = policy.peak};
  const auto own = values.number_if("sched.max_steps");
  const std::int64_t ends = own && *own > 0.0 ? values.count("sched.max_steps") : 0;
  const auto updates = values.updates_if("trainer.max_steps");
  const bool by_trainer =
      policy.of_class || (values.has("trainer.max_steps") && values.number("trainer.max_steps") > 0);
  course.updates = updates ? *updates : ends > 0 && !by_trainer ? ends : values.updates("trainer.max_steps");
  values.make_updates(course.updates);
  policy.total = by_trainer || ends == 0 ? course.updates : ends;
  if (by_trainer && ends > 0 && ends != course.updates) {
    values.differs(
        concat({"the scheduler's max_steps = ", std::to_string(ends),
                " has no say: NeMo puts the trainer's in its place", policy.of_class ? " (MegatronStrategy)" : ""}));
  }
  return course;
}

Schedule nemo_cosine(Values& values, const NemoPolicy& policy, Course course) {
  const auto by_class = nemo_default(values, policy, "constant");
  const std::int64_t constant = by_class ? *by_class : nemo_length(values, "constant", policy.total).value_or(0);
  course.last = absolute_lr(policy.low);
  course.decay = "cosine";
  if (constant > 0) {
    course.start = absolute_lr(0.0);  // it follows Megatron-LM then
    course.end = policy.total - constant;
    if (course.end <= course.warmup && by_class) {
      values.fail("sched.constant_steps", concat({"is missing: NeMo 2's class takes ", std::to_string(constant),
                                                  ", which leaves no room for the cosine"}));
    }
    if (course.end <= course.warmup) values.fail("sched.constant_steps", "leaves no room for the cosine");
    if (policy.low >= policy.peak)
      values.fail("sched.min_lr", "must be below the peak, which NeMo asserts with constant_steps");
    values.differs("with constant_steps the warmup is i/W, as in Megatron-LM");
  }
  if (policy.total <= course.warmup) return constant_of(course, course.updates);
  return schedule_of(course);
}

/// d_model^-0.5 lr min(t^-0.5, t W^-1.5), t = max(1, i).
Schedule nemo_noam(Values& values, NemoPolicy& policy, Course course) {
  const auto rise = static_cast<double>(course.warmup);
  policy.peak *= 1.0 / std::sqrt(values.positive("sched.d_model"));
  if (course.warmup > 0) policy.peak /= std::sqrt(rise);
  if (policy.low > policy.peak) values.fail_above_peak("sched.min_lr", policy.peak);
  course.peak = policy.peak;
  values.differs(concat({"the peak is lr/sqrt(d_model warmup_steps) = ", format_number(policy.peak)}));
  if (course.warmup == 0) return table_of(values, course.updates, [&](std::int64_t i) { return policy.at(i); });
  course.start = percent_of_peak(100.0 / rise);
  if (course.warmup > 1) course.warmup_keys = "warmup_delay=1";  // steps 0 and 1 are both t = 1
  if (course.updates <= course.warmup) return constant_of(course, course.updates);
  return parse_spec("rsqrt", {steps_key(course, course.updates), peak_key(course.peak), warmup_key(course),
                              "timescale=" + std::to_string(course.warmup), course.floor});
}

/// The peak for a time, then (W/t)^decay_rate, t counted from that time's length.
Schedule nemo_noam_hold(Values& values, const NemoPolicy& policy, const Course& course) {
  if (course.warmup == 0) values.fail("sched.name", "needs a warmup, without which NeMo refuses it");
  const double exponent = values.positive("sched.decay_rate");
  const std::int64_t waits = std::max<std::int64_t>(policy.hold - course.warmup, 0);
  if (course.updates <= course.warmup) return constant_of(course, course.updates);
  if (waits == 0 && course.updates <= policy.total + 1) {
    return parse_spec("inverse-power",
                      {steps_key(course, course.updates), peak_key(course.peak), warmup_key(course),
                       "timescale=" + std::to_string(course.warmup), "alpha=" + format_number(exponent), course.floor});
  }
  return table_of(values, course.updates, [&](std::int64_t i) {
    if (i <= course.warmup || i < policy.hold || i > policy.total) return policy.at(i);
    const double t = static_cast<double>(i - waits) / static_cast<double>(course.warmup);
    return std::max(policy.low, policy.peak * elementary::power(t, -exponent));
  });
}

Schedule read_nemo(Values& values) {
  NemoPolicy policy;
  read_nemo_name(values, policy);
  check_nemo_interval(values);
  policy.peak = values.positive("optim.lr");
  Course course = nemo_run(values, policy);
  policy.warmup = nemo_default(values, policy, "warmup").value_or(0);
  if (policy.warmup == 0) policy.warmup = nemo_length(values, "warmup", policy.total).value_or(0);
  const auto hold = policy.holds() ? nemo_length(values, "hold", policy.total) : std::nullopt;
  if (hold) policy.hold = policy.warmup + *hold;
  course.warmup = policy.warmup;
  course.start = share_of_peak(1.0 / static_cast<double>(course.warmup + 1));
  course.begin = policy.begins();
  course.end = policy.total;
  const bool beyond = course.updates > policy.total + 1;
  const bool constant = policy.name == "WarmupPolicy" || policy.name == "WarmupHoldPolicy";
  if (!constant || beyond) policy.low = nemo_low(values, policy);
  if (policy.name == "CosineAnnealing") return nemo_cosine(values, policy, course);
  if (policy.low > 0.0) course.floor = "floor=" + format_number(policy.low);
  if (policy.name == "NoamAnnealing") return nemo_noam(values, policy, course);
  if (policy.name == "NoamHoldAnnealing") return nemo_noam_hold(values, policy, course);
  if (policy.name.starts_with("Polynomial")) {
    if (values.flag("sched.cycle")) values.fail("sched.cycle", "is not translated; write a spec with stages(...)");
    policy.power = values.positive("sched.power");
  }
  const bool root = policy.name == "InverseSquareRootAnnealing";
  const bool late = policy.name == "SquareRootAnnealing" && course.warmup > 0;
  const bool jumps = policy.holds() && !constant && !hold && course.warmup > 0;
  if (late || jumps || (beyond && (constant || root)))
    return table_of(values, course.updates, [&](std::int64_t i) { return policy.at(i); });
  if (constant || course.updates <= course.warmup) return constant_of(course, course.updates);
  if (root) {
    return parse_spec("rsqrt", {steps_key(course, course.updates), peak_key(course.peak), warmup_key(course),
                                "timescale=" + std::to_string(course.warmup + 1)});
  }
  if (course.end <= course.begin) values.fail("sched.max_steps", "ends before the decay begins");
  if (policy.name.starts_with("Polynomial")) course.decay = concat({"polynomial power=", format_number(policy.power)});
  if (policy.name == "SquareAnnealing") course.decay = "polynomial power=2";
  if (policy.name == "SquareRootAnnealing") course.decay = "polynomial power=0.5";
  if (policy.name == "WarmupHoldAnnealOneMinusSquareRoot") course.decay = "1-sqrt";
  // These go to 0 and have a floor, the others go to the last rate.
  const bool floored = policy.name.find("Square") != std::string::npos;
  if (!floored) course.floor.clear();
  if (!floored) course.last = absolute_lr(policy.low);
  return schedule_of(course);
}

}  // namespace

const Tool nemo{
    {"nemo", "NeMo", "YAML, flags, Python", nemo_keys},
    read_nemo,
    write_nemo,
    "import numpy as np, torch\n"
    "rates = np.load(\"TABLE\")\n"
    "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: rates[min(i, len(rates) - 1)] / PEAK)\n"
    "# with interval='step' from configure_optimizers; the optimizer with lr=PEAK\n",
    nullptr,
    open_calls};

}  // namespace scheduled::foreign
