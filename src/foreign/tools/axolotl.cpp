// axolotl: the Trainer of Hugging Face with names and two cosines of its own.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tools/huggingface.hpp"

namespace scheduled::foreign {
namespace {

constexpr auto axolotl_keys = with_trainer_keys(std::array{
    ForeignKey{"learning_rate", "", "the peak"},
    ForeignKey{"lr_scheduler", "cosine", "the shape"},
    ForeignKey{"cosine_min_lr_ratio", "", "last rate as a share of the peak", true},
    ForeignKey{"cosine_constant_lr_ratio", "", "where the cosine ends as a share of the run", true},
    ForeignKey{"lr_quadratic_warmup", "false", "a quadratic warmup", true},
    ForeignKey{"lr_div_factor", "", "of one_cycle"},
    ForeignKey{"lr_groups", "", "peaks of groups"},
    ForeignKey{"embedding_lr", "", "peak of the embeddings"},
    ForeignKey{"embedding_lr_scale", "", "peak of the embeddings"},
    ForeignKey{"warmup_steps", "", "updates of the warmup"},
    ForeignKey{"warmup_ratio", "", "the warmup as a share of the run"},
    ForeignKey{"max_steps", "", "the updates"},
    ForeignKey{"num_epochs", "1", "passes over the data"},
    ForeignKey{"micro_batch_size", "", "examples per device", true, false},
    ForeignKey{"sequence_len", "", "tokens of an example", true, false},
    ForeignKey{"base_model", "", "the model", true, false},
});

/// Rounded down, and by default 3 % of the run but at most 100.
std::int64_t axolotl_warmup_as_said(Values& values, std::int64_t updates) {
  values.exclude("warmup_ratio", "warmup_steps", "axolotl refuses both");
  if (values.has("warmup_steps")) return values.count("warmup_steps");
  const double share = values.has("warmup_ratio") ? values.share("warmup_ratio") : 0.03;
  const auto steps = static_cast<std::int64_t>(share * static_cast<double>(updates));
  if (values.has("warmup_ratio")) return steps;
  values.differs("without warmup_steps axolotl warms up for 3 % of the updates, at most 100");
  return std::min<std::int64_t>(steps, 100);
}

std::int64_t axolotl_warmup(Values& values, std::int64_t updates) {
  const std::int64_t steps = axolotl_warmup_as_said(values, updates);
  if (steps != 1) return steps;
  values.differs("a warmup of 1 step: axolotl makes that 2");
  return 2;
}

Schedule read_axolotl(Values& values) {
  values.differs_apart(
      {"lr_groups", "embedding_lr", "embedding_lr_scale", "loraplus_lr_ratio", "loraplus_lr_embedding"},
      "these parameters");
  const std::string kind = values.word("lr_scheduler");
  if (std::find(hugging_face_kinds.begin(), hugging_face_kinds.end(), kind) == hugging_face_kinds.end()) {
    values.fail("lr_scheduler",
                kind == "one_cycle"   ? "is PyTorch's: import its call, OneCycleLR(optimizer, max_lr=learning_rate, "
                                        "total_steps=max_steps, pct_start=warmup_steps/max_steps)"
                : kind == "rex"       ? "has no spec: log its rates once and give them as a table, @FILE"
                : kind == "log_sweep" ? "raises the rate to find a peak: it is no schedule to train with"
                                      : must_be_one_of(kind, hugging_face_kinds));
  }
  if (values.flag("lr_quadratic_warmup"))
    values.fail("lr_quadratic_warmup", "has no spec: no warmup of ours is quadratic");
  const std::int64_t updates = values.updates("max_steps");
  const std::int64_t warmup = axolotl_warmup(values, updates);
  // Either share counts as not given where it is 0, and the second one only beside the first.
  const double low = kind == "cosine" && values.has("cosine_min_lr_ratio") ? values.share("cosine_min_lr_ratio") : 0.0;
  if (low == 0.0) return hugging_face_schedule(values, kind, warmup, updates);
  Course course{.peak = values.positive("learning_rate"), .warmup = warmup, .start = absolute_lr(0.0)};
  course.decay = "cosine";
  course.last = share_of_peak(low);
  course.updates = updates;
  course.begin = warmup;
  course.end = updates;
  const double until = values.has("cosine_constant_lr_ratio") ? values.share("cosine_constant_lr_ratio") : 0.0;
  if (until > 0.0) {
    course.end = static_cast<std::int64_t>(static_cast<double>(updates) * until);
    if (course.end <= warmup) values.fail("cosine_constant_lr_ratio", "ends the cosine before the warmup's end");
  }
  return schedule_of(course);
}

/// A cosine that ends before the run, above 0.
void write_shorter_cosine(Written& written, const Outline& outline) {
  written.updates = outline.updates();
  written.add("learning_rate", outline.peak);
  written.add("lr_scheduler", std::string("cosine"));
  written.add("cosine_min_lr_ratio", outline.last_share);
  const auto updates = static_cast<double>(*written.updates), end = static_cast<double>(outline.end);
  const auto gives = [&](double share) { return std::floor(share * updates); };
  written.add("cosine_constant_lr_ratio", exactly(end / updates, end, gives));
  written.add("warmup_steps", warmup_from_zero(outline));
  written.add("max_steps", *written.updates);
}

Written write_axolotl(const Outline& outline) {
  if (!outline.steps) cannot("needs max_steps, and the schedule has no horizon; give it steps=N");
  Written written{.form = "YAML", .settings = {}};
  const bool above = outline.last_share > 0.0;
  if (outline.whole() && outline.decay == "cosine" && outline.exponent == 1.0 && outline.end + 1 < *outline.steps &&
      above) {
    write_shorter_cosine(written, outline);
  } else {
    Written of_trainer = write_hugging_face(outline);
    written.updates = of_trainer.updates;
    for (auto& [key, value] : of_trainer.settings)
      written.add(key == "lr_scheduler_type" ? "lr_scheduler" : key, value);
  }
  for (const auto& [key, value] : written.settings) {
    if (key == "warmup_steps" && value == Json(1)) cannot("makes a warmup of 1 step one of 2");
  }
  return written;
}

}  // namespace

const Tool axolotl{{"axolotl", "axolotl", "YAML", axolotl_keys}, read_axolotl, write_axolotl, hugging_face_glue};

}  // namespace scheduled::foreign
