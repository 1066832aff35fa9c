// NeMo's own schedulers (model.optim.sched): the warmup has (i+1)/(W+1) up to step W, and the decay ends at max_steps,
// an update that is never made.
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array nemo_keys{
    ForeignKey{"optim.lr", "", "the peak"},
    ForeignKey{"sched.name", "", "the shape", true},
    ForeignKey{"sched.warmup_steps", "", "updates of the warmup", true},
    ForeignKey{"sched.warmup_ratio", "", "the warmup as a share of the run", true},
    ForeignKey{"sched.constant_steps", "", "updates at the last rate", true},
    ForeignKey{"sched.constant_ratio", "", "the time at the last rate as a share of the run", true},
    ForeignKey{"sched.hold_steps", "", "updates at the peak", true},
    ForeignKey{"sched.hold_ratio", "", "the time at the peak as a share of the run", true},
    ForeignKey{"sched.min_lr", "0.0", "last rate", true},
    ForeignKey{"sched.power", "1.0", "of the polynomial", true},
    ForeignKey{"sched.cycle", "false", "whether the polynomial begins again", true},
    ForeignKey{"sched.max_steps", "", "updates until the decay ends; default: of the run", true},
    ForeignKey{"sched.monitor", "", "what a plateau is told by"},
    ForeignKey{"sched.reduce_on_plateau", "", "of plateaus"},
    ForeignKey{"trainer.max_steps", "", "the updates"},
};

std::int64_t length(Values& values, const std::string& steps, const std::string& ratio, std::int64_t total) {
  values.exclude(ratio, steps, "NeMo refuses both");
  if (values.has(steps)) return values.count(steps);
  return values.has(ratio) ? static_cast<std::int64_t>(values.share(ratio) * static_cast<double>(total)) : 0;
}

Schedule read_nemo(Values& values) {
  const std::string name = values.word("sched.name");
  constexpr std::array<std::string_view, 5> names{"CosineAnnealing", "WarmupPolicy", "WarmupAnnealing",
                                                  "PolynomialDecayAnnealing", "InverseSquareRootAnnealing"};
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    values.fail("sched.name", concat({"is not translated; ", must_be_one_of(name, names)}));
  }
  Course course{.peak = values.positive("optim.lr")};
  course.updates = values.updates("trainer.max_steps");
  const std::int64_t total = values.count_if("sched.max_steps").value_or(course.updates);
  course.warmup = length(values, "sched.warmup_steps", "sched.warmup_ratio", total);
  course.start = share_of_peak(1.0 / static_cast<double>(course.warmup + 1));
  course.begin = course.warmup;
  course.end = total;
  if (name == "WarmupPolicy") return constant_of(course, course.updates);
  const double low = values.non_negative("sched.min_lr");
  if (low > course.peak) values.fail_above_peak("sched.min_lr", course.peak);
  course.last = absolute_lr(low);
  if (name == "InverseSquareRootAnnealing") {
    if (course.updates <= course.warmup) return constant_of(course, course.updates);
    return parse_spec("rsqrt", {"steps=" + std::to_string(course.updates), peak_key(course.peak), warmup_key(course),
                                "timescale=" + std::to_string(course.warmup + 1)});
  }
  if (name == "PolynomialDecayAnnealing") {
    if (values.flag("sched.cycle")) values.fail("sched.cycle", "is not translated");
    course.decay = concat({"polynomial power=", format_number(values.positive("sched.power"))});
    return schedule_of(course);
  }
  course.decay = name == "CosineAnnealing" ? "cosine" : "linear";
  if (name == "CosineAnnealing") {
    const std::int64_t constant = length(values, "sched.constant_steps", "sched.constant_ratio", total);
    if (constant > 0) {
      course.start = absolute_lr(0.0);  // it follows Megatron-LM then
      course.end = total - constant;
      if (course.end <= course.warmup) values.fail("sched.constant_steps", "leaves no room for the cosine");
      values.differs("with constant_steps the warmup is i/W, as in Megatron-LM");
    }
  }
  if (total <= course.warmup) return constant_of(course, course.updates);
  return schedule_of(course);
}

Written write_nemo(const Outline& outline) {
  if (!outline.steps) cannot("needs max_steps; give the schedule steps=N");
  const bool constant = outline.flat && outline.decay.empty();
  const auto* const root = std::get_if<Rsqrt>(&outline.schedule.spec().shape);
  if (!outline.flat && root == nullptr) cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  if (!constant && root == nullptr && !outline.whole()) cannot("has no decay that begins after a time at the peak");
  const bool known =
      outline.decay.empty() || outline.decay == "cosine" || outline.decay == "linear" || outline.decay == "polynomial";
  if (!known) cannot(concat({"has no decay like ", outline.decay}));
  if (outline.warmup > 0 && !outline.start)
    cannot("begins its warmup at 1/(W+1) of the peak and reaches it at step W; give the schedule warmup_start");
  Written written{.form = "YAML", .settings = {}};
  written.updates = constant || root != nullptr ? *outline.steps : updates_before_end(outline);
  const std::string sched = "model.optim.sched.";
  written.add("model.optim.lr", outline.peak);
  written.add(sched + "name", constant                        ? "WarmupPolicy"
                              : root != nullptr               ? "InverseSquareRootAnnealing"
                              : outline.decay == "cosine"     ? "CosineAnnealing"
                              : outline.decay == "polynomial" ? "PolynomialDecayAnnealing"
                                                              : "WarmupAnnealing");
  written.add(sched + "warmup_steps", outline.warmup);
  if (!constant && root == nullptr) written.add(sched + "min_lr", outline.last);
  if (outline.decay == "polynomial") written.add(sched + "power", outline.power);
  written.add("trainer.max_steps", *written.updates);
  return written;
}

}  // namespace

const Tool nemo{
    {"nemo", "NeMo (model.optim.sched)", "YAML, flags", nemo_keys},
    read_nemo,
    write_nemo,
    "import numpy as np, torch\n"
    "rates = np.load(\"TABLE\")\n"
    "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: rates[min(i, len(rates) - 1)] / PEAK)\n"
    "# with interval='step' from configure_optimizers; the optimizer with lr=PEAK\n"};

}  // namespace scheduled::foreign
