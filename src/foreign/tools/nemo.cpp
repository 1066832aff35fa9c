// NeMo's own schedulers (model.optim.sched of NeMo 1, the lr_scheduler of NeMo 2's recipes): the warmup has (i+1)/(W+1)
// up to step W, and the decay ends at max_steps, an update that is never made.
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array nemo_keys{
    ForeignKey{"optim.lr|config.lr", "", "the peak"},
    ForeignKey{"sched.name|lr_scheduler._target_", "", "the shape", true},
    ForeignKey{"sched.warmup_steps|lr_scheduler.warmup_steps", "", "updates of the warmup", true},
    ForeignKey{"sched.warmup_ratio", "", "the warmup as a share of the run", true},
    ForeignKey{"sched.constant_steps|lr_scheduler.constant_steps", "", "updates at the last rate", true},
    ForeignKey{"sched.constant_ratio", "", "the time at the last rate as a share of the run", true},
    ForeignKey{"sched.hold_steps|lr_scheduler.hold_steps", "", "updates at the peak", true},
    ForeignKey{"sched.hold_ratio", "", "the time at the peak as a share of the run", true},
    ForeignKey{"sched.min_lr|lr_scheduler.min_lr", "0.0", "last rate", true},
    ForeignKey{"sched.power|lr_scheduler.power", "1.0", "of the polynomial", true},
    ForeignKey{"sched.cycle|lr_scheduler.cycle", "false", "whether the polynomial begins again", true},
    ForeignKey{"sched.max_steps|lr_scheduler.max_steps", "", "updates until the decay ends; default: of the run", true},
    ForeignKey{"sched.monitor", "", "what a plateau is told by"},
    ForeignKey{"sched.reduce_on_plateau", "", "of plateaus"},
    ForeignKey{"trainer.max_steps", "", "the updates"},
};

std::int64_t length(Values& values, const std::string& steps, const std::string& ratio, std::int64_t total) {
  values.exclude(ratio, steps, "NeMo refuses both");
  if (values.has(steps)) return values.count(steps);
  return values.has(ratio) ? static_cast<std::int64_t>(values.share(ratio) * static_cast<double>(total)) : 0;
}

/// What NeMo 2's classes take where an argument is not given; the schedulers within them have other defaults.
struct NemoDefaults {
  std::int64_t warmup = 0, constant = 0;
  double low = 0.0;
};

NemoDefaults nemo_defaults(std::string_view name, bool of_class) {
  if (!of_class) return {};
  if (name == "CosineAnnealing") return {750, 80000, 6e-5};
  return {name == "WarmupPolicy" ? 750 : 0, 0, 0.0};
}

/// A length that is not given, by the class's default, which it says.
std::int64_t nemo_length_of_class(Values& values, const std::string& steps, const std::string& ratio,
                                  std::int64_t usual) {
  if (usual == 0 || !values.absent(steps) || values.has(ratio)) return 0;
  const std::string_view name = std::string_view(steps).substr(steps.find('.') + 1);
  values.differs(concat({name, " is not given: ", std::to_string(usual), ", the default of NeMo 2's class"}));
  return usual;
}

Schedule read_nemo(Values& values) {
  std::string name = values.word("sched.name");
  // NeMo 2 has classes around them: nemo.lightning.pytorch.optim.lr_scheduler.CosineAnnealingScheduler.
  name.erase(0, name.find_last_of('.') + 1);
  const bool of_class = name.ends_with("Scheduler");
  if (of_class) name.erase(name.size() - std::string_view("Scheduler").size());
  constexpr std::array<std::string_view, 5> names{"CosineAnnealing", "WarmupPolicy", "WarmupAnnealing",
                                                  "PolynomialDecayAnnealing", "InverseSquareRootAnnealing"};
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    values.fail("sched.name", concat({"is not translated; ", must_be_one_of(name, names)}));
  }
  const NemoDefaults usual = nemo_defaults(name, of_class);
  Course course{.peak = values.positive("optim.lr")};
  course.updates = values.updates("trainer.max_steps");
  // The default of the classes is 10, which NeMo 2's strategy replaces by the trainer's.
  const std::int64_t total = values.count_if("sched.max_steps").value_or(course.updates);
  course.warmup = length(values, "sched.warmup_steps", "sched.warmup_ratio", total) +
                  nemo_length_of_class(values, "sched.warmup_steps", "sched.warmup_ratio", usual.warmup);
  course.start = share_of_peak(1.0 / static_cast<double>(course.warmup + 1));
  course.begin = course.warmup;
  course.end = total;
  if (name == "WarmupPolicy") return constant_of(course, course.updates);
  const bool low_of_class = usual.low > 0.0 && values.absent("sched.min_lr");
  const double low = low_of_class ? usual.low : values.non_negative("sched.min_lr");
  if (low_of_class) {
    const std::string said = format_number(low);
    values.differs(concat({"min_lr is not given: ", said, ", the default of NeMo 2's class"}));
    if (low > course.peak) {
      fail_argument("sched.min_lr", concat({"is missing: NeMo 2's class takes ", said, ", which is above the peak"}));
    }
  }
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
    const std::int64_t by_class =
        nemo_length_of_class(values, "sched.constant_steps", "sched.constant_ratio", usual.constant);
    const std::int64_t constant = length(values, "sched.constant_steps", "sched.constant_ratio", total) + by_class;
    if (constant > 0) {
      course.start = absolute_lr(0.0);  // it follows Megatron-LM then
      course.end = total - constant;
      if (course.end <= course.warmup && by_class > 0) {
        values.fail("sched.constant_steps", concat({"is missing: NeMo 2's class takes ", std::to_string(by_class),
                                                    ", which leaves no room for the cosine"}));
      }
      if (course.end <= course.warmup) values.fail("sched.constant_steps", "leaves no room for the cosine");
      values.differs("with constant_steps the warmup is i/W, as in Megatron-LM");
    }
  }
  if (total <= course.warmup) return constant_of(course, course.updates);
  return schedule_of(course);
}

/// The shape with its keys, but for the warmup and the run.
void write_nemo_shape(Written& written, const Outline& outline, const std::string& sched) {
  const auto name = [&](std::string_view text) { written.add(sched + "name", std::string(text)); };
  if (std::holds_alternative<Rsqrt>(outline.schedule.spec().shape)) return name("InverseSquareRootAnnealing");
  if (outline.decay.empty() && outline.warmup > 0 && outline.start == 0.0) {
    // The one warmup from 0 is that of a cosine with a time at the last rate: here from the peak to the peak.
    name("CosineAnnealing");
    written.add(sched + "min_lr", outline.peak);
    written.add(sched + "constant_steps", 1);
    return written.add(sched + "max_steps", outline.updates() + 1);
  }
  if (outline.decay.empty()) return name("WarmupPolicy");
  const bool cosine = outline.decay == "cosine";
  name(cosine ? "CosineAnnealing" : outline.decay == "linear" ? "WarmupAnnealing" : "PolynomialDecayAnnealing");
  written.add(sched + "min_lr", outline.last);
  if (outline.decay == "polynomial") written.add(sched + "power", outline.power);
  std::int64_t total = outline.end;
  // With a time at the last rate the cosine's warmup is Megatron-LM's.
  if (cosine && outline.warmup > 0 && outline.start == 0.0) {
    total = std::max(outline.updates(), outline.end + 1);
    written.add(sched + "constant_steps", total - outline.end);
  }
  if (total != outline.updates()) written.add(sched + "max_steps", total);
}

Written write_nemo(const Outline& outline) {
  const bool root = std::holds_alternative<Rsqrt>(outline.schedule.spec().shape);
  if (!outline.steps || !root) needs_course(outline, "max_steps");
  if (!root) needs_decay(outline, {"linear", "cosine", "polynomial"});
  if (!outline.decay.empty() && !outline.whole()) cannot("has no decay that begins after a time at the peak");
  if (outline.warmup > 0 && !outline.start)
    cannot("begins its warmup at 1/(W+1) of the peak and reaches it at step W; give the schedule warmup_start");
  Written written{.form = "YAML", .settings = {}};
  written.updates = outline.updates();
  const std::string sched = "model.optim.sched.";
  written.add("model.optim.lr", outline.peak);
  write_nemo_shape(written, outline, sched);
  written.add(sched + "warmup_steps", outline.warmup);
  written.add("trainer.max_steps", *written.updates);
  return written;
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
