// nanoGPT: max_iters + 1 updates, of which the last one has the last rate.
#include <array>

#include "base/error.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array nanogpt_keys{
    ForeignKey{"learning_rate", "6e-4", "the peak"},
    ForeignKey{"max_iters", "600000", "the updates, and one more is made", true},
    ForeignKey{"decay_lr", "True", "whether the rate changes at all", true},
    ForeignKey{"warmup_iters", "2000", "updates of the warmup"},
    ForeignKey{"lr_decay_iters", "600000", "update with the last rate", true},
    ForeignKey{"min_lr", "6e-5", "last rate", true},
};

Schedule read_nanogpt(Values& values) {
  Course course{.peak = values.positive("learning_rate")};
  const std::int64_t most = values.updates_if("max_iters").value_or(values.count("max_iters"));
  const bool asked = values.asked();
  course.updates = asked ? most : most + 1;
  values.make_updates(course.updates);
  if (!asked) values.differs("nanoGPT makes max_iters + 1 updates, 0 to max_iters");
  if (!values.flag("decay_lr")) return constant_of(course, course.updates);
  course.warmup = values.count("warmup_iters");
  const double low = values.non_negative("min_lr");
  if (low > course.peak) values.fail_above_peak("min_lr", course.peak);
  course.last = absolute_lr(low);
  course.start = share_of_peak(1.0 / static_cast<double>(course.warmup + 1));
  course.decay = "cosine";
  course.begin = course.warmup;
  course.end = values.count("lr_decay_iters");
  if (course.end < course.warmup)
    values.fail_no_room("warmup_iters", "must not be above", NoRoom::end, static_cast<double>(course.end));
  if (course.warmup > 0) {
    values.differs(
        "its warmup is (it + 1)/(warmup_iters + 1), as since November 2024; before, it/warmup_iters: warmup_start=0");
  }
  if (course.end == course.warmup) {
    return table_of(values, course.updates, [&](std::int64_t i) {
      if (i < course.warmup) return course.peak * static_cast<double>(i + 1) / static_cast<double>(course.warmup + 1);
      return low;
    });
  }
  return schedule_of(course);
}

Written write_nanogpt(const Outline& outline) {
  needs_course(outline, "max_iters");
  if (!outline.decay.empty() && (!outline.whole() || outline.decay != "cosine" || outline.exponent != 1.0))
    cannot("has a cosine that begins with the end of the warmup, and nothing else");
  Written written{.form = "flags", .settings = {}};
  written.updates = outline.steps;
  written.add("learning_rate", outline.peak);
  written.add("max_iters", *outline.steps - 1);
  if (outline.decay.empty() && outline.warmup == 0) {
    written.add("decay_lr", std::string("False"));
    return written;
  }
  // Without a decay: a cosine from the peak to the peak.
  written.add("warmup_iters", outline.warmup);
  written.add("lr_decay_iters", outline.decay.empty() ? *outline.steps : outline.end);
  written.add("min_lr", outline.decay.empty() ? outline.peak : outline.last);
  return written;
}

}  // namespace

const Tool nanogpt{{"nanogpt", "nanoGPT", "flags, Python", nanogpt_keys},
                   read_nanogpt,
                   write_nanogpt,
                   "import numpy as np\n"
                   "rates = np.load(\"TABLE\")\n"
                   "def get_lr(it): return rates[min(it, len(rates) - 1)]\n"};

}  // namespace scheduled::foreign
