// nanotron: step i has i/W up to step W, and the decay ends lr_decay_steps after its first step, an update that is made
// only where the run is longer.
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array nanotron_keys{
    ForeignKey{"learning_rate_scheduler.learning_rate", "", "the peak", true},
    ForeignKey{"learning_rate_scheduler.lr_warmup_steps", "0", "updates of the warmup", true},
    ForeignKey{"learning_rate_scheduler.lr_warmup_style", "linear", "shape of the warmup", true},
    ForeignKey{"learning_rate_scheduler.lr_decay_style", "linear", "shape of the decay", true},
    ForeignKey{"learning_rate_scheduler.lr_decay_steps", "", "updates of the decay", true},
    ForeignKey{"learning_rate_scheduler.lr_decay_starting_step", "", "update at which the decay starts", true},
    ForeignKey{"learning_rate_scheduler.min_decay_lr", "", "last rate; default: the peak", true},
    ForeignKey{"tokens.train_steps", "", "the updates", true},
    ForeignKey{"checkpoints.load_lr_scheduler", "", "whether a resumed run goes on in the checkpoint's schedule"},
};

std::string under(std::string_view key) { return concat({"learning_rate_scheduler.", key}); }

Schedule read_nanotron(Values& values) {
  Course course{.peak = values.positive(under("learning_rate")), .start = absolute_lr(0.0)};
  course.updates = values.updates("tokens.train_steps");
  course.warmup = values.count(under("lr_warmup_steps"));
  constexpr std::array<std::string_view, 2> rises{"linear", "constant"};
  const bool flat = find_word(under("lr_warmup_style"), values.word(under("lr_warmup_style")), rises) == 1;
  constexpr std::array<std::string_view, 3> falls{"linear", "cosine", "1-sqrt"};
  course.decay = falls[find_word(under("lr_decay_style"), values.word(under("lr_decay_style")), falls)];
  const std::int64_t warmup = course.warmup;
  const auto starting = values.count_if(under("lr_decay_starting_step"));
  course.begin = starting.value_or(warmup);
  const std::int64_t all = course.updates - warmup - starting.value_or(0);
  const std::int64_t length = values.count_if(under("lr_decay_steps")).value_or(all);
  if (length < 0) values.fail(under("lr_decay_starting_step"), "leaves no update for the decay: give lr_decay_steps");
  course.end = course.begin + length;
  const double last = values.number_if(under("min_decay_lr")).value_or(course.peak);
  if (last < 0.0) values.fail(under("min_decay_lr"), "must be 0 or more");
  if (last > course.peak) values.fail_above_peak(under("min_decay_lr"), course.peak);
  course.last = absolute_lr(last);
  if (values.has("checkpoints.load_lr_scheduler")) {
    values.differs(values.flag("checkpoints.load_lr_scheduler")
                       ? "checkpoints.load_lr_scheduler: a resumed run goes on where the checkpoint's schedule was"
                       : "checkpoints.load_lr_scheduler: a resumed run begins its schedule at update 0 again");
  }
  if (starting && !values.has(under("lr_decay_steps")) && warmup > 0) {
    values.differs(
        "without lr_decay_steps nanotron takes the warmup off the decay a second time, so that it ends early");
  }
  if (warmup == 0 && length == 0) return constant_of(course, course.updates);
  if (flat) course.warmup = 0;
  // Step W is still the warmup's, and a decay of no steps is a fall to the last rate.
  if (course.begin < warmup || length == 0) {
    return table_of(values, course.updates, [&](std::int64_t i) {
      if (i <= warmup && flat) return course.peak;
      if (i <= warmup) return warmup == 0 ? 0.0 : course.peak * static_cast<double>(i) / static_cast<double>(warmup);
      if (i < course.begin) return course.peak;
      if (i >= course.end) return last;
      const double x = static_cast<double>(i - course.begin) / static_cast<double>(length);
      const double share = course.decay == "linear"   ? 1.0 - x
                           : course.decay == "cosine" ? cosine_at(x)
                                                      : 1.0 - std::sqrt(x);
      return last + (course.peak - last) * share;
    });
  }
  // A warmup of no steps is one still: step 0 has the rate 0.
  if (warmup == 0 && !flat) {
    values.differs("lr_warmup_steps = 0 still gives nanotron's update 0 the rate 0");
    return table_of(values, course.updates,
                    [&, schedule = schedule_of(course)](std::int64_t i) { return i == 0 ? 0.0 : schedule.lr(i); });
  }
  return schedule_of(course);
}

Written write_nanotron(const Outline& outline) {
  needs_course(outline, "train_steps");
  needs_decay(outline, {"linear", "cosine", "1-sqrt"});
  Written written{.form = "YAML", .settings = {}};
  const std::string section = "optimizer.learning_rate_scheduler.";
  written.add(section + "learning_rate", outline.peak);
  if (outline.warmup == 0) {
    written.add(section + "lr_warmup_style", std::string("constant"));
  } else {
    written.add(section + "lr_warmup_steps", warmup_from_zero(outline));
  }
  written.updates = outline.updates();
  if (!outline.decay.empty()) {
    if (outline.begin < outline.warmup) cannot("begins no decay before the step after the warmup");
    written.add(section + "lr_decay_style", outline.decay);
    written.add(section + "lr_decay_starting_step", outline.begin);
    written.add(section + "lr_decay_steps", outline.length());
    written.add(section + "min_decay_lr", outline.last);
  }
  written.add("tokens.train_steps", *written.updates);
  return written;
}

}  // namespace

const Tool nanotron{
    {"nanotron", "nanotron", "YAML", nanotron_keys},
    read_nanotron,
    write_nanotron,
    "import numpy as np\n"
    "rates = np.load(\"TABLE\")\n"
    "lr_lambda = lambda i: rates[min(i, len(rates) - 1)] / PEAK  # in lr_scheduler_builder of helpers.py\n"};

}  // namespace scheduled::foreign
