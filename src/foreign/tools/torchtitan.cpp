// torchtitan: step i of the warmup has (i+1)/W, and the decay ends at a step that is never made.
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array torchtitan_keys{
    ForeignKey{"optimizer.lr", "8e-4", "the peak"},
    ForeignKey{"training.steps", "10000", "the updates", true},
    ForeignKey{"lr_scheduler.warmup_steps", "200", "updates of the warmup", true},
    ForeignKey{"lr_scheduler.total_steps", "", "updates until the decay ends; default: of the run", true},
    ForeignKey{"lr_scheduler.decay_ratio", "", "the decay as a share of the run; default: all after the warmup", true},
    ForeignKey{"lr_scheduler.decay_type", "linear", "shape of the decay", true},
    ForeignKey{"lr_scheduler.min_lr_factor", "0.0", "last rate as a share of the peak", true},
    ForeignKey{"training.warmup_steps", "", "of older versions", true},
    ForeignKey{"lr_scheduler.lr_min", "", "of older versions", true},
    ForeignKey{"lr_scheduler.lr_decay_type", "", "of older versions", true},
    ForeignKey{"lr_scheduler.lr_decay_ratio", "", "of older versions", true},
};

/// Their warmup had (i+1)/(W+1), and when that changed the keys do not say.
void refuse_older_torchtitan(Values& values) {
  struct Renamed {
    std::string_view was, is;
  };
  constexpr Renamed all[] = {{"training.warmup_steps", "lr_scheduler.warmup_steps"},
                             {"lr_scheduler.lr_min", "lr_scheduler.min_lr_factor"},
                             {"lr_scheduler.lr_decay_type", "lr_scheduler.decay_type"},
                             {"lr_scheduler.lr_decay_ratio", "lr_scheduler.decay_ratio"}};
  for (const Renamed& one : all) {
    if (!values.has(one.was)) continue;
    values.fail(one.was, concat({"is a key of older versions of torchtitan, whose warmup may have (i+1)/(W+1) in place "
                                 "of today's (i+1)/W; write ",
                                 one.is, " for the rates of today's version, or give the schedule as a spec"}));
  }
}

Schedule read_torchtitan(Values& values) {
  refuse_older_torchtitan(values);
  Course course{.peak = values.positive("optimizer.lr")};
  const std::int64_t updates = *values.updates_if("training.steps") > 0 ? values.updates("training.steps") : 0;
  const std::int64_t total = values.count_if("lr_scheduler.total_steps").value_or(updates);
  if (total < 1) values.fail("lr_scheduler.total_steps", "must be 1 or more");
  if (updates > total + 1) {
    values.fail("lr_scheduler.total_steps",
                "must not be less than training.steps: the rates would go below 0 after them");
  }
  course.warmup = values.count("lr_scheduler.warmup_steps");
  if (course.warmup > total) {
    values.differs("the warmup is longer than the run: torchtitan shortens it to the run");
    course.warmup = total;
  }
  std::int64_t decay = total - course.warmup;
  if (values.has("lr_scheduler.decay_ratio")) {
    // round() takes halves to even numbers, as nearbyint does.
    decay = static_cast<std::int64_t>(
        std::nearbyint(static_cast<double>(total) * values.share("lr_scheduler.decay_ratio")));
    if (course.warmup + decay > total) {
      values.differs("warmup and decay are longer than the run: torchtitan shortens the decay");
      decay = total - course.warmup;
    }
  }
  const std::string type = values.word("lr_scheduler.decay_type");
  constexpr std::array<std::string_view, 3> types{"linear", "sqrt", "cosine"};
  if (find_word("lr_scheduler.decay_type", type, types) == 1) {
    course.decay = "1-sqrt";
  } else {
    course.decay = type;
  }
  course.last = share_of_peak(values.share("lr_scheduler.min_lr_factor"));
  course.updates = updates;
  course.begin = total - decay;
  course.end = total;
  return schedule_of(course);
}

Written write_torchtitan(const Outline& outline) {
  needs_course(outline, "training.steps");
  needs_decay(outline, {"linear", "cosine", "1-sqrt"});
  if (outline.start && outline.warmup > 0) cannot("begins its warmup at 1/W of the peak, not at warmup_start");
  Written written{.form = "TOML", .settings = {}};
  written.updates = outline.updates();
  written.add("optimizer.lr", outline.peak);
  written.add("training.steps", *written.updates);
  written.add("lr_scheduler.warmup_steps", outline.warmup);
  if (outline.decay.empty()) {
    written.add("lr_scheduler.decay_ratio", 0.0);
    return written;
  }
  if (*written.updates > outline.end) cannot("goes on below the last rate where updates come after the decay");
  if (*written.updates != outline.end) written.add("lr_scheduler.total_steps", outline.end);
  if (!outline.whole())
    written.add("lr_scheduler.decay_ratio", static_cast<double>(outline.length()) / static_cast<double>(outline.end));
  written.add("lr_scheduler.decay_type", outline.decay == "1-sqrt" ? std::string("sqrt") : outline.decay);
  written.add("lr_scheduler.min_lr_factor", outline.last_share);
  return written;
}

}  // namespace

const Tool torchtitan{{"torchtitan", "torchtitan", "TOML, flags, Python", torchtitan_keys},
                      read_torchtitan,
                      write_torchtitan,
                      "import numpy as np\n"
                      "from scheduled import Schedule\n"
                      "from scheduled.torchtitan import ScheduledLRSchedulers\n"
                      "schedule = Schedule.from_values(np.load(\"TABLE\"))  # docs/guide/training-programs.md\n",
                      nullptr,
                      open_calls};

}  // namespace scheduled::foreign
