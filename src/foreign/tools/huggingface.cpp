// Hugging Face: the updates of a run are 0 ... N - 1, and the formulas end at update N, which is never made.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tools/huggingface.hpp"

namespace scheduled::foreign {
namespace {

constexpr auto huggingface_keys = with_trainer_keys(std::array{
    ForeignKey{"learning_rate", "5e-5", "the peak"},
    ForeignKey{"lr_scheduler_type", "linear", "the shape", true},
    ForeignKey{"warmup_steps|num_warmup_steps", "0", "steps of the warmup, below 1 a share of the run"},
    ForeignKey{"warmup_ratio", "", "the warmup as a share of the run"},
    ForeignKey{"max_steps|max_train_steps", "-1", "the updates"},
    ForeignKey{"num_train_epochs", "3.0", "passes over the data"},
    ForeignKey{"per_device_train_batch_size", "", "examples per device", false, false},
});

std::string in_kwargs(std::string_view key) { return concat({"lr_scheduler_kwargs.", key}); }

/// The last rate, absolute or a share.
Rate lowest(Values& values) {
  const std::string rate = in_kwargs("min_lr");
  const std::string share = in_kwargs("min_lr_rate");
  values.exclude(rate, share, "Transformers refuses both");
  if (const auto low = values.number_if(rate)) return absolute_lr(*low);
  if (const auto low = values.number_if(share)) return share_of_peak(*low);
  values.fail("lr_scheduler_type", "needs min_lr or min_lr_rate in lr_scheduler_kwargs");
}

void check_half_cycle(Values& values) {
  const auto cycles = values.number_if(in_kwargs("num_cycles"));
  if (cycles && *cycles != 0.5) values.fail(in_kwargs("num_cycles"), "must be 0.5: other cosines have no spec");
}

Schedule stable_decay(Values& values, Course course, std::int64_t updates) {
  check_half_cycle(values);
  const double low = values.share(in_kwargs("min_lr_ratio"));
  if (!values.has(in_kwargs("num_decay_steps"))) {
    values.fail("lr_scheduler_type", "needs num_decay_steps in lr_scheduler_kwargs");
  }
  const std::int64_t length = *values.count_if(in_kwargs("num_decay_steps"));
  const auto stable = values.count_if(in_kwargs("num_stable_steps"));
  const std::string decay = values.word(in_kwargs("decay_type"));
  constexpr std::array<std::string_view, 3> shapes{"linear", "cosine", "1-sqrt"};
  if (std::find(shapes.begin(), shapes.end(), decay) == shapes.end()) {
    values.fail(in_kwargs("decay_type"), must_be_one_of(decay, shapes));
  }
  const std::string rise = values.word(in_kwargs("warmup_type"));
  if (std::find(shapes.begin(), shapes.end(), rise) == shapes.end()) {
    values.fail(in_kwargs("warmup_type"), must_be_one_of(rise, shapes));
  }
  if (rise != "linear") course.warmup_keys = "warmup_curve=" + rise;
  course.start = share_of_peak(low);  // the floor lifts the warmup, too
  course.last = share_of_peak(low);
  course.decay = decay;
  course.begin = stable ? course.warmup + *stable : updates - length;
  course.end = course.begin + length;
  if (course.begin < course.warmup) {
    values.fail(in_kwargs("num_decay_steps"), "leaves no room for the warmup");
  }
  return schedule_of(course);
}

/// cosine_warmup_with_min_lr has no virtual last step: update W - 1 has the peak, the last one the final rate.
Schedule cosine_to_the_end(Values& values, Course course, std::int64_t updates) {
  check_half_cycle(values);
  const std::int64_t warmup = course.warmup;
  const auto start = values.number_if(in_kwargs("warmup_lr_rate"));
  course.last = lowest(values);
  course.decay = "cosine";
  course.begin = warmup - 1;
  course.end = updates - 1;
  course.warmup = warmup > 1 ? warmup - 1 : 0;
  course.start = share_of_peak(start ? *start : 1.0 / static_cast<double>(std::max<std::int64_t>(warmup, 1)));
  if (warmup == 1 && start)
    values.fail("warmup_steps", "must not be 1 with warmup_lr_rate: the peak is never reached then");
  return schedule_of(course);
}

}  // namespace

std::int64_t hugging_face_warmup(Values& values, std::optional<std::int64_t> updates) {
  constexpr std::string_view wins = "Transformers then takes warmup_steps";
  const double steps = values.non_negative("warmup_steps");
  const double ratio = values.has("warmup_ratio") ? values.share("warmup_ratio") : 0.0;
  if (steps > 0.0 && ratio > 0.0) values.exclude("warmup_ratio", "warmup_steps", wins);
  const double share = steps > 0.0 ? steps : ratio;
  if (steps >= 1.0) return static_cast<std::int64_t>(std::min(steps, 0x1p53));
  if (share == 0.0) return 0;
  if (!updates) return static_cast<std::int64_t>(std::ceil(static_cast<double>(values.updates("max_steps")) * share));
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(*updates) * share));
}

Schedule hugging_face_schedule(Values& values, const std::string& kind, std::int64_t warmup,
                               std::optional<std::int64_t> known) {
  Course course{.peak = values.positive("learning_rate"), .warmup = warmup, .start = absolute_lr(0.0)};
  if (kind == "constant") {
    course.warmup = 0;
    return constant_of(course, known);
  }
  if (kind == "constant_with_warmup") return constant_of(course, known);
  if (kind == "inverse_sqrt") {
    const auto given = values.count_if(in_kwargs("timescale"));
    const std::int64_t timescale = given ? *given : warmup > 0 ? warmup : 10'000;
    const bool reaches = known && warmup < *known;
    return parse_spec("rsqrt", {reaches ? "steps=" + std::to_string(*known) : std::string(), peak_key(course.peak),
                                warmup_key(course), "timescale=" + std::to_string(timescale)});
  }
  const std::int64_t updates = known ? *known : values.updates("max_steps");
  course.updates = updates;
  course.begin = warmup;
  course.end = updates;
  if (kind == "warmup_stable_decay") return stable_decay(values, course, updates);
  if (kind == "cosine_warmup_with_min_lr") return cosine_to_the_end(values, course, updates);
  if (kind == "cosine_with_restarts") {
    const double cycles = values.number_if(in_kwargs("num_cycles")).value_or(1.0);
    if (updates <= warmup) return constant_of(course, updates);
    return parse_spec("restarts", {"steps=" + std::to_string(updates + 1), peak_key(course.peak), warmup_key(course),
                                   "cycles=" + format_number(cycles)});
  }
  if (kind == "polynomial") {
    const double power = values.positive(in_kwargs("power"));
    course.decay = concat({"polynomial power=", format_number(power)});
    course.last = absolute_lr(values.non_negative(in_kwargs("lr_end")));
    return schedule_of(course);
  }
  if (kind == "cosine" || kind == "cosine_with_min_lr") {
    check_half_cycle(values);
    course.decay = "cosine";
  }
  if (kind == "cosine_with_min_lr") course.last = lowest(values);
  return schedule_of(course);
}

namespace {

Schedule read_huggingface(Values& values) {
  const std::string kind = values.word("lr_scheduler_type");
  if (std::find(hugging_face_kinds.begin(), hugging_face_kinds.end(), kind) == hugging_face_kinds.end()) {
    values.fail("lr_scheduler_type", kind == "reduce_lr_on_plateau" || kind == "greedy"
                                         ? "follows the losses: it is no schedule"
                                         : must_be_one_of(kind, hugging_face_kinds));
  }
  values.differs_apart({"loraplus_lr_ratio", "loraplus_lr_embedding"}, "parts of LoRA");
  const auto updates = values.updates_if("max_steps");
  return hugging_face_schedule(values, kind, hugging_face_warmup(values, updates), updates);
}

void write_kind(Written& written, const Outline& outline) {
  const auto option = [&](std::string_view key, double value) { written.add(in_kwargs(key), value); };
  const auto kind = [&](std::string name) { written.add("lr_scheduler_type", std::move(name)); };
  if (const auto* const restarts = std::get_if<CosineRestarts>(&outline.schedule.spec().shape)) {
    if (!restarts->cycles || restarts->low.value != 0.0)
      cannot("its restarts are so many in the run, and go down to 0");
    kind("cosine_with_restarts");
    option("num_cycles", *restarts->cycles);
  } else if (const auto* const root = std::get_if<Rsqrt>(&outline.schedule.spec().shape)) {
    kind("inverse_sqrt");
    const double timescale = root->timescale ? root->timescale->value : static_cast<double>(outline.warmup);
    written.add(in_kwargs("timescale"), static_cast<std::int64_t>(timescale));
  } else if (!outline.flat) {
    cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  } else if (outline.decay.empty()) {
    kind("constant_with_warmup");
  } else if (outline.whole() && outline.decay == "linear" && outline.last == 0.0) {
    kind("linear");
  } else if (outline.whole() && outline.decay == "cosine" && outline.exponent == 1.0) {
    kind(outline.last == 0.0 ? "cosine" : "cosine_with_min_lr");
    if (outline.last != 0.0) option("min_lr_rate", outline.last_share);
  } else if (outline.whole() && (outline.decay == "polynomial" || outline.decay == "linear")) {
    kind("polynomial");
    option("power", outline.power);
    option("lr_end", outline.last);
  } else if (outline.decay == "linear" || outline.decay == "cosine" || outline.decay == "1-sqrt") {
    kind("warmup_stable_decay");
    written.add(in_kwargs("num_decay_steps"), outline.cooldown);
    written.add(in_kwargs("decay_type"), outline.decay);
    if (outline.warmup > 0 && outline.warmup_curve != "linear")
      written.add(in_kwargs("warmup_type"), outline.warmup_curve);
    if (outline.last != 0.0) option("min_lr_ratio", outline.last_share);
  } else {
    cannot(concat({"has no decay like ", outline.decay}));
  }
}

}  // namespace

Written write_hugging_face(const Outline& outline) {
  Written written{.form = "JSON", .settings = {}};
  written.add("learning_rate", outline.peak);
  write_kind(written, outline);
  // A floor lifts the warmup of warmup_stable_decay.
  written.add("warmup_steps", outline.start && outline.warmup > 0 ? outline.warmup : warmup_from_zero(outline));
  if (outline.steps) {
    const bool endless =
        outline.decay.empty() && !std::holds_alternative<CosineRestarts>(outline.schedule.spec().shape);
    written.updates = endless ? *outline.steps : updates_before_end(outline);
    written.add("max_steps", *written.updates);
  }
  return written;
}

const Tool huggingface{{"huggingface", "Hugging Face TrainingArguments", "JSON, YAML, flags", huggingface_keys},
                       read_huggingface,
                       write_hugging_face,
                       hugging_face_glue};
const Tool llama_factory{{"llama-factory", "LLaMA-Factory", "YAML", huggingface_keys},
                         read_huggingface,
                         [](const Outline& outline) {
                           Written written = write_hugging_face(outline);
                           written.form = "YAML";
                           return written;
                         },
                         hugging_face_glue};

}  // namespace scheduled::foreign
