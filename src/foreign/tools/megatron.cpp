// Megatron-LM: num_steps counts samples; step i has i/W of the peak up to step W, and the decay ends at lr_decay_iters,
// an update that is made only where the run is longer. Lengths in samples, and a share of them, need not be whole
// updates.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array megatron_keys{
    ForeignKey{"lr", "", "the peak"},
    ForeignKey{"min_lr", "0.0", "last rate"},
    ForeignKey{"lr_decay_style", "linear", "the shape", true},
    ForeignKey{"lr_decay_iters", "", "updates until the decay ends; default: of the run", true},
    ForeignKey{"lr_decay_samples", "", "samples until the decay ends; default: of the run", true},
    ForeignKey{"lr_warmup_iters", "0", "updates of the warmup", true},
    ForeignKey{"lr_warmup_samples", "0", "samples of the warmup", true},
    ForeignKey{"lr_warmup_fraction", "", "the warmup as a share of lr_decay_iters", true},
    ForeignKey{"lr_warmup_init", "0.0", "first rate of the warmup", true},
    ForeignKey{"lr_wsd_decay_style", "exponential", "shape of the cooldown", true},
    ForeignKey{"lr_wsd_decay_iters", "", "updates of the cooldown", true},
    ForeignKey{"lr_wsd_decay_samples", "", "samples of the cooldown", true},
    ForeignKey{"train_iters", "", "the updates", true},
    ForeignKey{"train_samples", "", "the samples", true},
    ForeignKey{"global_batch_size", "", "samples of an update"},
    ForeignKey{"rampup_batch_size", "", "growing batch"},
    ForeignKey{"step_batch_size_schedule", "", "growing batch"},
    ForeignKey{"decoupled_lr", "", "another peak for the embeddings"},
    ForeignKey{"decoupled_min_lr", "", "another last rate for the embeddings"},
    ForeignKey{"use_checkpoint_opt_param_scheduler", "", "a resumed run keeps the checkpoint's schedule", true},
    ForeignKey{"override_opt_param_scheduler", "", "a resumed run takes these values", true},
};

/// Lengths in updates, not always whole.
struct Lengths {
  double warmup = 0.0, decay = 0.0, cooldown = 0.0;
};

double rate_at(const Course& course, const Lengths& lengths, const std::string& style, const std::string& cooldown,
               double i) {
  const double low = course.last.value;
  const double first = course.start->value;
  if (lengths.warmup > 0.0 && i <= lengths.warmup) return first + (course.peak - first) * i / lengths.warmup;
  if (style == "constant") return course.peak;
  if (i > lengths.decay) return low;
  if (style == "inverse-square-root") {
    return std::max(low, course.peak * std::sqrt(std::max(lengths.warmup, 1.0)) / std::sqrt(std::max(i, 1.0)));
  }
  double x = (i - lengths.warmup) / (lengths.decay - lengths.warmup);
  std::string shape = style;
  if (style == "WSD") {
    shape = cooldown;
    x = std::max(0.0, (i - (lengths.decay - lengths.cooldown)) / lengths.cooldown);
  }
  const double share = shape == "linear"       ? 1.0 - x
                       : shape == "cosine"     ? cosine_at(x)
                       : shape == "minus_sqrt" ? 1.0 - std::sqrt(x)
                                               : elementary::exp2({1.0 - x, 0.0}) - 1.0;
  return low + share * (course.peak - low);
}

Lengths read_lengths(Values& values, std::optional<std::int64_t> samples, double updates, const std::string& style) {
  Lengths lengths;
  const auto in_samples = [&](std::string_view key) -> std::optional<double> {
    const auto count = values.count_if(key);
    if (!count) return std::nullopt;
    return static_cast<double>(*count) / static_cast<double>(values.count("global_batch_size"));
  };
  const auto length = [&](std::string_view iters, std::string_view in) {
    if (samples) return in_samples(in);
    const auto count = values.count_if(iters);
    return count ? std::optional<double>(static_cast<double>(*count)) : std::nullopt;
  };
  lengths.decay = length("lr_decay_iters", "lr_decay_samples").value_or(updates);
  const std::string_view warmup = samples ? "lr_warmup_samples" : "lr_warmup_iters";
  if (values.has("lr_warmup_fraction")) {
    if (values.has(warmup) && values.count(warmup) > 0) {
      values.exclude("lr_warmup_fraction", warmup, "Megatron-LM refuses both");
    }
    lengths.warmup = values.share("lr_warmup_fraction") * lengths.decay;
  } else {
    lengths.warmup = *length("lr_warmup_iters", "lr_warmup_samples");
  }
  if (style == "WSD") {
    const auto cooldown = length("lr_wsd_decay_iters", "lr_wsd_decay_samples");
    if (!cooldown)
      values.fail(samples ? "lr_wsd_decay_samples" : "lr_wsd_decay_iters", "is missing: the length of the cooldown");
    lengths.cooldown = *cooldown;
  }
  if (lengths.warmup >= lengths.decay)
    values.fail(values.has("lr_warmup_fraction") ? "lr_warmup_fraction" : warmup,
                "must be less than the decay's end, lr_decay_iters");
  return lengths;
}

Schedule read_megatron(Values& values) {
  Course course{.peak = values.positive("lr")};
  course.last = absolute_lr(values.non_negative("min_lr"));
  if (course.last.value > course.peak) values.fail("min_lr", "must not be above lr");
  course.start = absolute_lr(values.non_negative("lr_warmup_init"));
  if (course.start->value > course.peak) values.fail("lr_warmup_init", "must not be above lr");
  std::string style = values.word("lr_decay_style");
  if (style == "wsd") style = "WSD";
  constexpr std::array<std::string_view, 5> styles{"linear", "cosine", "WSD", "constant", "inverse-square-root"};
  if (std::find(styles.begin(), styles.end(), style) == styles.end()) {
    values.fail("lr_decay_style", must_be_one_of(style, styles));
  }
  for (const std::string_view growing : {"rampup_batch_size", "step_batch_size_schedule"}) {
    if (values.has(growing)) {
      values.fail(growing, "has no spec: the rates follow the samples, and updates have more and more of them");
    }
  }
  values.differs_apart({"decoupled_lr", "decoupled_min_lr"}, "the embeddings");
  if (values.has("use_checkpoint_opt_param_scheduler") && values.flag("use_checkpoint_opt_param_scheduler"))
    values.differs("use_checkpoint_opt_param_scheduler: a resumed run keeps the checkpoint's schedule");
  if (values.has("override_opt_param_scheduler") && values.flag("override_opt_param_scheduler"))
    values.differs("override_opt_param_scheduler: a resumed run takes these values, not the checkpoint's");
  values.exclude("train_samples", "train_iters", "Megatron-LM refuses both");
  const auto samples = values.count_if("train_samples");
  if (samples && !values.has("global_batch_size"))
    values.fail("global_batch_size", "is missing: samples are no updates without it");
  if (samples && values.count("global_batch_size") == 0) values.fail("global_batch_size", "must be 1 or more");
  const auto own = samples ? values.updates_if("train_iters") : std::optional(values.updates("train_iters"));
  const std::int64_t updates = own ? *own : *samples / values.count("global_batch_size");
  if (updates < 1) values.fail("train_samples", "is less than one update");
  course.updates = updates;
  const double run = samples ? static_cast<double>(*samples) / static_cast<double>(values.count("global_batch_size"))
                             : static_cast<double>(updates);
  const Lengths lengths = read_lengths(values, samples, run, style);
  const std::string cooldown = style == "WSD" ? values.word("lr_wsd_decay_style") : std::string();
  constexpr std::array<std::string_view, 4> cooldowns{"exponential", "linear", "cosine", "minus_sqrt"};
  if (style == "WSD" && std::find(cooldowns.begin(), cooldowns.end(), cooldown) == cooldowns.end()) {
    values.fail("lr_wsd_decay_style", must_be_one_of(cooldown, cooldowns));
  }
  const double begin = style == "WSD" ? lengths.decay - lengths.cooldown : lengths.warmup;
  const bool whole = std::floor(lengths.warmup) == lengths.warmup && std::floor(begin) == begin &&
                     std::floor(lengths.decay) == lengths.decay;
  const bool root = style == "inverse-square-root";
  const bool ended_root = root && lengths.decay + 1.0 < static_cast<double>(updates);
  if (!whole || begin < lengths.warmup || ended_root || (root && lengths.warmup < 1.0)) {
    return table_of(values, updates,
                    [&](std::int64_t i) { return rate_at(course, lengths, style, cooldown, static_cast<double>(i)); });
  }
  course.warmup = static_cast<std::int64_t>(lengths.warmup);
  course.begin = static_cast<std::int64_t>(begin);
  course.end = static_cast<std::int64_t>(lengths.decay);
  if (style == "constant") return constant_of(course, updates);
  if (root) {
    if (updates <= course.warmup) return constant_of(course, updates);
    return parse_spec("rsqrt", {"steps=" + std::to_string(updates), peak_key(course.peak), warmup_key(course),
                                "floor=" + format_number(course.last.value)});
  }
  const std::string shape = style == "WSD" ? cooldown : style;
  course.decay = shape == "exponential" ? "exponential-to-zero" : shape == "minus_sqrt" ? "1-sqrt" : shape;
  return schedule_of(course);
}

Written write_megatron(const Outline& outline) {
  Written written{.form = "flags", .settings = {}};
  if (!outline.steps) cannot("needs train-iters; give the schedule steps=N");
  const bool constant = outline.flat && outline.decay.empty();
  const auto* const root = std::get_if<Rsqrt>(&outline.schedule.spec().shape);
  if (!outline.flat && root == nullptr) cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  written.updates = constant || root != nullptr ? *outline.steps : updates_before_end(outline);
  written.add("train-iters", *written.updates);
  written.add("lr", outline.peak);
  written.add("min-lr", root != nullptr ? outline.schedule.spec().floor.value : outline.last);
  if (outline.warmup > 0) {
    if (!outline.start) warmup_from_zero(outline);
    written.add("lr-warmup-iters", outline.warmup);
    if (*outline.start > 0.0) written.add("lr-warmup-init", *outline.start);
  }
  const bool plain = outline.whole() && (outline.decay == "linear" || outline.decay == "cosine");
  written.add("lr-decay-style", constant          ? "constant"
                                : root != nullptr ? "inverse-square-root"
                                : plain           ? outline.decay
                                                  : std::string("WSD"));
  if (constant || root != nullptr || plain) return written;
  written.add("lr-wsd-decay-iters", outline.cooldown);
  const std::string& decay = outline.decay;
  if (decay != "linear" && decay != "cosine" && decay != "1-sqrt" && decay != "exponential-to-zero") {
    cannot(concat({"has no decay like ", decay}));
  }
  written.add("lr-wsd-decay-style", decay == "1-sqrt"                ? "minus_sqrt"
                                    : decay == "exponential-to-zero" ? "exponential"
                                                                     : decay);
  return written;
}

}  // namespace

const Tool megatron{{"megatron", "Megatron-LM, Megatron Bridge, NeMo 2", "flags, YAML", megatron_keys},
                    read_megatron,
                    write_megatron,
                    "import numpy as np\n"
                    "from scheduled import Schedule\n"
                    "from scheduled.megatron import ScheduledParamScheduler\n"
                    "schedule = Schedule.from_values(np.load(\"TABLE\"))  # docs/guide/training-programs.md\n"};

}  // namespace scheduled::foreign
