// llm.c (train_gpt2cu's short flags and the long ones of its program in Python): step i of the warmup has (i+1)/W, and
// the decay ends at a step that is never made. It computes in single precision.
#include <array>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array llmc_keys{
    ForeignKey{"learning_rate|l", "3e-4", "the peak"},
    ForeignKey{"num_iterations|x", "-1", "the updates", true},
    ForeignKey{"warmup_iters|u", "0", "updates of the warmup"},
    ForeignKey{"learning_rate_decay_frac|q", "1.0", "last rate as a share of the peak", true},
    ForeignKey{"lr_scheduler_type|k", "cosine", "the shape"},
};

Schedule read_llmc(Values& values) {
  Course course{.peak = values.positive("learning_rate")};
  constexpr std::array<std::string_view, 4> kinds{"cosine", "linear", "constant", "wsd"};
  const std::string kind(kinds[find_word("lr_scheduler_type", values.word("lr_scheduler_type"), kinds)]);
  course.updates = values.updates("num_iterations");
  if (kind == "constant") return constant_of(course, course.updates);
  course.warmup = values.count("warmup_iters");
  course.last = share_of_peak(values.share("learning_rate_decay_frac"));
  course.decay = kind == "wsd" ? "1-sqrt" : kind;
  course.begin = kind == "wsd" ? static_cast<std::int64_t>(0.8F * static_cast<float>(course.updates)) : course.warmup;
  course.end = course.updates;
  if (course.begin < course.warmup)
    values.fail_no_room("warmup_iters", "must not be above 80 % of the updates, which is", NoRoom::decay,
                        static_cast<double>(course.begin));
  return schedule_of(course);
}

Written write_llmc(const Outline& outline) {
  needs_course(outline, "the number of updates");
  needs_decay(outline, {"linear", "cosine", "1-sqrt"});
  if (outline.start && outline.warmup > 0) cannot("begins its warmup at 1/W of the peak, not at warmup_start");
  if (!outline.decay.empty() && !outline.ends()) cannot("ends its decay with the run");
  Written written{.form = "flags", .settings = {}};
  written.updates = outline.updates();
  written.add("l", outline.peak);
  written.add("x", *written.updates);
  if (outline.decay.empty() && outline.warmup == 0) {
    written.add("k", std::string("constant"));
    return written;
  }
  written.add("u", outline.warmup);
  written.add("q", outline.decay.empty() ? 1.0 : outline.last_share);
  if (outline.decay.empty()) {
    written.add("k", std::string("cosine"));  // down to all of the peak
  } else if (outline.decay == "1-sqrt") {
    written.add("k", std::string("wsd"));
  } else if (outline.whole()) {
    written.add("k", outline.decay);
  } else {
    cannot(concat({"begins its ", outline.decay, " decay right after the warmup"}));
  }
  return written;
}

}  // namespace

const Tool llmc{{"llm.c", "llm.c", "flags", llmc_keys},
                read_llmc,
                write_llmc,
                "import numpy as np\n"
                "rates = np.load(\"TABLE\")\n"
                "def get_lr(it): return rates[min(it, len(rates) - 1)]  # in train_gpt2.py\n"};

}  // namespace scheduled::foreign
