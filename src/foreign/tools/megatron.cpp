// Megatron-LM: num_steps counts samples; step i has i/W of the peak up to step W, and the decay ends at lr_decay_iters,
// an update that is made only where the run is longer. Where lengths are given in samples, step i is what was consumed
// before it; shares of a length need not be whole.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/batches.hpp"
#include "foreign/calls.hpp"
#include "foreign/tool.hpp"
#include "schedule/value.hpp"

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
    ForeignKey{"global_batch_size", "", "samples of an update", false, false},
    ForeignKey{"rampup_batch_size", "", "the first batch, its changes, the samples until it has grown", true},
    ForeignKey{"step_batch_size_schedule", "", "batches by the tokens after which they begin", true},
    ForeignKey{"seq_length", "", "tokens of a sample", false, false},
    ForeignKey{"decoupled_lr", "", "another peak for the embeddings"},
    ForeignKey{"decoupled_min_lr", "", "another last rate for the embeddings"},
    ForeignKey{"use_checkpoint_opt_param_scheduler", "", "a resumed run keeps the checkpoint's schedule", true},
    ForeignKey{"override_opt_param_scheduler", "", "a resumed run takes these values", true},
};

/// Lengths in updates or samples, not always whole.
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

Lengths read_lengths(Values& values, bool samples, double run, const std::string& style) {
  Lengths lengths;
  const auto length = [&](std::string_view iters, std::string_view in_samples) {
    const auto count = values.count_if(samples ? in_samples : iters);
    return count ? std::optional<double>(static_cast<double>(*count)) : std::nullopt;
  };
  lengths.decay = length("lr_decay_iters", "lr_decay_samples").value_or(run);
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
    values.fail_no_room(values.has("lr_warmup_fraction") ? "lr_warmup_fraction" : warmup,
                        concat({"is refused by Megatron-LM; give a shorter warmup, or ",
                                samples ? "lr_decay_samples" : "lr_decay_iters",
                                " above it, and the run may end within its warmup, which must be less than"}),
                        NoRoom::end, lengths.decay);
  return lengths;
}

std::int64_t needed_count(Values& values, std::string_view key, std::string_view why) {
  if (!values.has(key)) values.fail(key, concat({"is missing: ", why}));
  const std::int64_t count = values.count(key);
  if (count < 1) values.fail(key, "must be 1 or more");
  return count;
}

/// rampup-batch-size A B C: from A to the global batch in changes of B over C samples.
Batches ramp_of(Values& values) {
  constexpr std::string_view key = "rampup_batch_size";
  const std::vector<double> given = values.numbers(key);
  constexpr double most_changes = 1e4;
  const bool whole = std::all_of(given.begin(), given.end(),
                                 [](double one) { return std::floor(one) == one && one >= 1.0 && one <= 0x1p53; });
  if (given.size() != 3 || !whole) {
    values.fail(key,
                "must be three whole numbers: the first batch, what it grows by, and the samples until it has grown");
  }
  const std::int64_t last = needed_count(values, "global_batch_size", "what the batch grows to");
  const double changes = (static_cast<double>(last) - given[0]) / given[1];
  if (!(changes >= 1.0) || std::floor(changes) != changes) {
    values.fail(key, concat({"does not lead to global_batch_size = ", std::to_string(last),
                             " in whole changes, which Megatron-LM asks for"}));
  }
  if (changes > most_changes) values.fail(key, "has more than 10000 changes");
  const auto count = [&](std::size_t k) { return static_cast<std::int64_t>(given[k]); };
  return growing_batch(count(0), count(1), count(2), last);
}

/// "0:768 250B:1536": from so many tokens on.
Batches steps_of(Values& values) {
  constexpr std::string_view key = "step_batch_size_schedule";
  const std::string text = values.word(key);
  const std::int64_t tokens = needed_count(values, "seq_length", "the marks are in tokens, and batches in samples");
  StepSize size;
  try {
    read_batch(key, Json(text), size);
    if (text.find(':') == std::string::npos) fail_argument(key, "is no list");
  } catch (const ArgumentError&) {
    values.fail(key, "must be TOKENS:BATCH ..., from 0 on, such as 0:768 250B:1536");
  }
  std::vector<BatchFrom> from{{0, static_cast<std::int64_t>(size.examples)}};
  for (const BatchChange& change : size.ramp) {
    const bool plain = change.at.unit == Duration::Unit::steps && change.by == 0.0 && change.at.value <= 0x1p53;
    if (!plain || change.batch < 1.0) values.fail(key, "must be TOKENS:BATCH ..., such as 0:768 250B:1536");
    const std::int64_t mark = static_cast<std::int64_t>(change.at.value) / tokens;
    if (mark <= from.back().mark) values.fail(key, "must have marks that increase, by at least a sample");
    from.push_back({mark, static_cast<std::int64_t>(change.batch)});
  }
  if (from.front().batch < 1) values.fail(key, "must have batches of 1 or more");
  return batch_by_steps(std::move(from), tokens);
}

/// How the batch of a run goes whose lengths are in samples.
Batches batches_of(Values& values) {
  values.exclude("rampup_batch_size", "step_batch_size_schedule", "Megatron-LM then takes the second one");
  values.exclude("global_batch_size", "step_batch_size_schedule", "Megatron-LM refuses both");
  if (values.has("rampup_batch_size")) {
    values.differs(
        "rampup_batch_size: Megatron-LM from 0.18 on leaves it out of account, and all batches are global_batch_size; "
        "step_batch_size_schedule is in its place there");
    return ramp_of(values);
  }
  if (values.has("step_batch_size_schedule")) return steps_of(values);
  return same_batch(needed_count(values, "global_batch_size", "samples are no updates without it"));
}

/// Samples that are whole updates, all of them, are updates.
bool in_updates(Lengths& lengths, double& run, const Batches& batches) {
  if (batches.from.size() > 1) return false;
  const auto batch = static_cast<double>(batches.from[0].batch);
  for (const double length : {lengths.warmup, lengths.decay, lengths.cooldown, run}) {
    if (std::fmod(length, batch) != 0.0) return false;
  }
  for (double* const length : {&lengths.warmup, &lengths.decay, &lengths.cooldown, &run}) *length /= batch;
  return true;
}

std::string style_of(Values& values) {
  std::string style = values.word("lr_decay_style");
  if (style == "wsd") style = "WSD";
  constexpr std::array<std::string_view, 5> styles{"linear", "cosine", "WSD", "constant", "inverse-square-root"};
  if (std::find(styles.begin(), styles.end(), style) == styles.end()) {
    values.fail("lr_decay_style", must_be_one_of(style, styles));
  }
  return style;
}

std::string cooldown_of(Values& values) {
  std::string cooldown = values.word("lr_wsd_decay_style");
  if (cooldown == "1-sqrt") cooldown = "minus_sqrt";  // its name in a fork that was there before
  constexpr std::array<std::string_view, 4> cooldowns{"exponential", "linear", "cosine", "minus_sqrt"};
  if (std::find(cooldowns.begin(), cooldowns.end(), cooldown) == cooldowns.end()) {
    values.fail("lr_wsd_decay_style", must_be_one_of(cooldown, cooldowns));
  }
  return cooldown;
}

/// What else a configuration may say, and samples that are none.
void look_over(Values& values) {
  values.differs_apart({"decoupled_lr", "decoupled_min_lr"}, "the embeddings");
  if (values.has("use_checkpoint_opt_param_scheduler") && values.flag("use_checkpoint_opt_param_scheduler"))
    values.differs("use_checkpoint_opt_param_scheduler: a resumed run keeps the checkpoint's schedule");
  if (values.has("override_opt_param_scheduler") && values.flag("override_opt_param_scheduler"))
    values.differs("override_opt_param_scheduler: a resumed run takes these values, not the checkpoint's");
  values.exclude("train_samples", "train_iters", "Megatron-LM refuses both");
  const bool samples = values.has("train_samples");
  for (const std::string_view key : samples
                                        ? std::array{"lr_decay_iters", "lr_warmup_iters", "lr_wsd_decay_iters"}
                                        : std::array{"lr_decay_samples", "lr_warmup_samples", "lr_wsd_decay_samples"}) {
    if (!values.has(key) || values.count(key) == 0) continue;
    values.fail(key, samples ? "is in updates, and the run in samples, which Megatron-LM refuses; give lr_..._samples"
                             : "is in samples, and the run in updates, which Megatron-LM refuses; give lr_..._iters");
  }
  if (samples) return;
  if (values.has("rampup_batch_size")) {
    values.fail("rampup_batch_size",
                "needs the run in samples: Megatron-LM refuses it with train_iters; give train_samples");
  }
  if (values.has("step_batch_size_schedule")) {
    values.fail("step_batch_size_schedule",
                "needs the run in samples: with train_iters Megatron-LM takes each update of a length for "
                "micro_batch_size samples a rank, whatever the batch is, and decays too early; give train_samples");
  }
}

Schedule read_megatron(Values& values) {
  Course course{.peak = values.positive("lr")};
  course.last = absolute_lr(values.non_negative("min_lr"));
  if (course.last.value > course.peak) values.fail_above_peak("min_lr", course.peak);
  course.start = absolute_lr(values.non_negative("lr_warmup_init"));
  if (course.start->value > course.peak) values.fail_above_peak("lr_warmup_init", course.peak);
  const std::string style = style_of(values);
  look_over(values);
  const auto samples = values.count_if("train_samples");
  const Batches batches = samples ? batches_of(values) : Batches{};
  const auto own = samples ? values.updates_if("train_iters") : std::optional(values.updates("train_iters"));
  const RunLength made = samples ? batches.run(*samples) : RunLength{};
  const std::int64_t updates = own ? *own : made.updates;
  if (updates < 1) values.fail("train_samples", "is less than one update");
  values.make_updates(updates);
  auto run = static_cast<double>(samples.value_or(updates));
  Lengths lengths = read_lengths(values, samples.has_value(), run, style);
  const bool by_updates = !samples || in_updates(lengths, run, batches);
  const std::string cooldown = style == "WSD" ? cooldown_of(values) : std::string();
  std::vector<double> places;  // of all updates, where they are not simply counted
  constexpr std::int64_t most_places = 10'000'000;
  if (!by_updates && updates <= most_places) places = batches.consumed(updates);
  const double last = places.empty() ? run - 1.0 : std::max(run - 1.0, places.back());
  // The end of the last update's samples, where that is beyond those of the run.
  const double end =
      by_updates || !batches.beyond || updates != made.updates ? last : static_cast<double>(made.samples - 1);
  const double begin = style == "WSD" ? lengths.decay - lengths.cooldown : lengths.warmup;
  const bool whole = std::floor(lengths.warmup) == lengths.warmup;
  const bool root = style == "inverse-square-root";
  if (!whole || begin < lengths.warmup || (root && (lengths.decay < last || lengths.warmup < 1.0))) {
    return table_of(values, updates, [&](std::int64_t i) {
      const double place = by_updates ? static_cast<double>(i) : places[static_cast<std::size_t>(i)];
      return rate_at(course, lengths, style, cooldown, place);
    });
  }
  if (!by_updates) course.clock = concat({batches.key, ", clock=examples"});
  course.warmup = static_cast<std::int64_t>(lengths.warmup);
  course.begin = static_cast<std::int64_t>(begin);
  course.end = static_cast<std::int64_t>(lengths.decay) + (begin == lengths.decay ? 1 : 0);
  course.updates = by_updates ? updates : static_cast<std::int64_t>(end) + 1;
  if (style == "constant") return constant_of(course, course.updates);
  if (root) {
    if (course.updates <= course.warmup) return constant_of(course, course.updates);
    return parse_spec("rsqrt", {steps_key(course, course.updates), peak_key(course.peak), warmup_key(course),
                                "floor=" + format_number(course.last.value), course.clock});
  }
  const std::string shape = style == "WSD" ? cooldown : style;
  course.decay = shape == "exponential" ? "exponential-to-zero" : shape == "minus_sqrt" ? "1-sqrt" : shape;
  return schedule_of(course);
}

/// A mark of the batch in samples.
std::int64_t samples_of(const Duration& length, const StepSize& size) {
  double samples = length.value;
  if (length.unit == Duration::Unit::tokens) samples = size.sequence > 0.0 ? samples / size.sequence : 0.5;
  const bool counts = length.unit != Duration::Unit::steps || samples == 0.0;
  if (!counts || std::floor(samples) != samples)
    cannot("counts samples; give the changes of the batch in whole examples (ex)");
  return static_cast<std::int64_t>(samples);
}

void write_batch(Written& written, const StepSize& size) {
  const bool spread = size.ramp.size() == 1 && size.ramp[0].by > 0.0;
  if (size.ramp.empty() || spread)
    written.add("global-batch-size", size.ramp.empty() ? size.examples : size.ramp[0].batch);
  if (size.ramp.empty()) return;
  if (spread) {
    const std::int64_t samples = samples_of(size.ramp[0].at, size);
    Json list = Json::array();
    for (const double one : {size.examples, size.ramp[0].by, static_cast<double>(samples)}) list.push_back(one);
    return written.add("rampup-batch-size", std::move(list));
  }
  if (!(size.sequence > 0.0)) cannot("has marks in tokens for its batches; give the schedule seq_length");
  std::string text = concat({"0:", format_number(size.examples)});
  for (const BatchChange& change : size.ramp) {
    if (change.by > 0.0) cannot("has one change of the batch in equal parts, or any number without");
    const double mark = static_cast<double>(samples_of(change.at, size)) * size.sequence;
    text += concat({" ", format_number(mark), ":", format_number(change.batch)});
  }
  written.add("seq-length", size.sequence);
  written.add("step-batch-size-schedule", text);
}

/// The samples of the run. Where the batch changes in steps Megatron-LM makes an update for the last ones, too.
std::int64_t run_in_samples(const Outline& outline) {
  const StepSize& size = outline.schedule.spec().step_size;
  const std::int64_t samples = outline.updates();
  if (size.ramp.empty() || size.ramp[0].by > 0.0) return samples;
  Batches batches{{{0, static_cast<std::int64_t>(size.examples)}}, {}, true};
  for (const BatchChange& change : size.ramp)
    batches.from.push_back({samples_of(change.at, size), static_cast<std::int64_t>(change.batch)});
  const RunLength made = batches.run(samples);
  if (made.updates <= *outline.schedule.steps()) return samples;
  return made.samples - static_cast<std::int64_t>(outline.schedule.batch(made.updates - 1));
}

/// The style with the lengths of the decay.
void write_decay(Written& written, const Outline& outline, const std::string& unit, std::int64_t run) {
  const auto style = [&](std::string_view text) { written.add("lr-decay-style", std::string(text)); };
  if (std::holds_alternative<Rsqrt>(outline.schedule.spec().shape)) return style("inverse-square-root");
  if (outline.decay.empty()) return style("constant");
  const bool plain = outline.whole() && (outline.decay == "linear" || outline.decay == "cosine");
  style(plain ? outline.decay : std::string("WSD"));
  if (outline.end != run) written.add("lr-decay-" + unit, outline.end);
  if (plain) return;
  if (outline.begin < outline.warmup) cannot("begins no decay before the step after the warmup");
  written.add("lr-wsd-decay-" + unit, outline.length());
  const std::string& decay = outline.decay;
  written.add("lr-wsd-decay-style", decay == "1-sqrt"                ? "minus_sqrt"
                                    : decay == "exponential-to-zero" ? "exponential"
                                                                     : decay);
}

Written write_megatron(const Outline& outline) {
  const ScheduleSpec& spec = outline.schedule.spec();
  const bool root = std::holds_alternative<Rsqrt>(spec.shape);
  if (!outline.steps || !root) needs_course(outline, "train-iters");
  if (!root) needs_decay(outline, {"linear", "cosine", "1-sqrt", "exponential-to-zero"});
  Written written{.form = "flags", .settings = {}};
  const bool samples = spec.clock == Clock::examples;
  const std::string unit = samples ? "samples" : "iters";
  if (!samples) written.updates = outline.updates();
  const std::int64_t run = samples ? run_in_samples(outline) : outline.updates();
  written.add("train-" + unit, run);
  if (samples) write_batch(written, spec.step_size);
  written.add("lr", outline.peak);
  written.add("min-lr", root ? spec.floor.value : outline.last);
  if (outline.warmup > 0) {
    if (!outline.start) warmup_from_zero(outline);
    written.add("lr-warmup-" + unit, outline.warmup);
    if (*outline.start > 0.0) written.add("lr-warmup-init", *outline.start);
  }
  write_decay(written, outline, unit, run);
  return written;
}

}  // namespace

const Tool megatron{{"megatron", "Megatron-LM, Megatron Bridge", "flags, YAML, Python", megatron_keys},
                    read_megatron,
                    write_megatron,
                    "import numpy as np\n"
                    "from scheduled import Schedule\n"
                    "from scheduled.megatron import ScheduledParamScheduler\n"
                    "schedule = Schedule.from_values(np.load(\"TABLE\"))  # docs/guide/training-programs.md\n",
                    nullptr,
                    open_calls};

}  // namespace scheduled::foreign
