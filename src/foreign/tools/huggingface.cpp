// Hugging Face: the updates of a run are 0 ... N - 1, and the formulas end at update N, which is never made.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/tools/huggingface.hpp"

namespace scheduled::foreign {
namespace {

constexpr auto huggingface_keys = with_trainer_keys(std::array{
    ForeignKey{"learning_rate", "5e-5", "the peak"},
    ForeignKey{"lr_scheduler_type", "linear", "the shape", true},
    ForeignKey{"warmup_steps|num_warmup_steps|lr_warmup_steps", "0", "steps of the warmup, below 1 a share of the run"},
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
  if (cycles && *cycles != 0.5) values.fail(in_kwargs("num_cycles"), "must be 0.5 with this lr_scheduler_type");
}

/// A cosine that goes up again, or stops on its way: half waves of equal length.
Schedule waves(Values& values, const Course& course, double cycles) {
  const double halves = 2.0 * cycles;
  const auto rise = static_cast<double>(course.warmup);
  const auto length = static_cast<double>(course.updates - course.warmup);
  const double half = length / halves;
  constexpr double most = 1000.0;
  if (cycles <= 0.0 || halves > most) values.fail(in_kwargs("num_cycles"), "must be above 0, and at most 500");
  if (course.updates <= course.warmup) return constant_of(course, course.updates);
  if (std::floor(half) != half) {
    return table_of(values, course.updates, [&](std::int64_t i) {
      const auto step = static_cast<double>(i);
      if (i < course.warmup) return course.peak * step / rise;
      const double low =
          course.last.unit == Rate::Unit::percent ? course.peak * course.last.value / 100.0 : course.last.value;
      const double way = std::fmod((step - rise) * halves, 2.0 * length);  // exact, and so its complement
      return low + (course.peak - low) * cosine_at((way > length ? 2.0 * length - way : way) / length);
    });
  }
  std::string pieces = "hold until " + std::to_string(course.warmup + 1);
  const auto count = static_cast<std::int64_t>(std::ceil(halves));
  for (std::int64_t k = 0; k < count; ++k) {
    const std::string to = k % 2 == 0 ? print_rate(course.last) : "100%";
    pieces += concat({", cosine to ", to, " over ", std::to_string(static_cast<std::int64_t>(half))});
    if (static_cast<double>(k + 1) > halves) pieces += " until " + std::to_string(course.updates + 1);
  }
  return parse_spec("stages", {peak_key(course.peak), warmup_key(course), concat({"pieces=[", pieces, "]"})});
}

Schedule stable_decay(Values& values, Course course, std::optional<std::int64_t> stable, std::int64_t length) {
  check_half_cycle(values);
  const double low = values.share(in_kwargs("min_lr_ratio"));
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
  course.begin = stable ? course.warmup + *stable : course.updates - length;
  course.end = course.begin + length;
  if (course.begin < course.warmup) {
    values.fail_no_room(in_kwargs("num_decay_steps"), "must not be above", NoRoom::rest,
                        static_cast<double>(course.updates - course.warmup));
  }
  // Without a step for the decay its first one has the last rate.
  if (length == 0 && course.begin < course.updates) {
    const std::string until = std::to_string(course.begin), last = print_rate(course.last);
    return parse_spec("stages", {peak_key(course.peak), warmup_key(course),
                                 concat({"pieces=[", course.begin > course.warmup ? "hold until " + until + ", " : "",
                                         "hold at ", last, " until ", std::to_string(course.updates), "]"})});
  }
  return schedule_of(course);
}

Schedule stable_decay_as_given(Values& values, const Course& course) {
  if (!values.has(in_kwargs("num_decay_steps"))) {
    values.fail("lr_scheduler_type", "needs num_decay_steps in lr_scheduler_kwargs");
  }
  const std::int64_t length = *values.count_if(in_kwargs("num_decay_steps"));
  return stable_decay(values, course, values.count_if(in_kwargs("num_stable_steps")), length);
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
  if (kind == "warmup_stable_decay") return stable_decay_as_given(values, course);
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
  if (kind == "cosine_with_min_lr") course.last = lowest(values);
  if (kind == "cosine" || kind == "cosine_with_min_lr") {
    course.decay = "cosine";
    const double cycles = values.number_if(in_kwargs("num_cycles")).value_or(0.5);
    if (cycles != 0.5) return waves(values, course, cycles);
  }
  return schedule_of(course);
}

namespace {

/// The lr_scheduler_type, also as a member of its enumeration.
std::string trainer_kind_in(Values& values) {
  std::string kind = values.word("lr_scheduler_type");
  if (constexpr std::string_view of_enum = "SchedulerType."; kind.starts_with(of_enum)) {
    kind.erase(0, of_enum.size());
    std::transform(kind.begin(), kind.end(), kind.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  }
  if (std::find(hugging_face_kinds.begin(), hugging_face_kinds.end(), kind) == hugging_face_kinds.end()) {
    values.fail("lr_scheduler_type", kind == "reduce_lr_on_plateau" || kind == "greedy"
                                         ? "follows the losses: it is no schedule"
                                         : must_be_one_of(kind, hugging_face_kinds));
  }
  values.differs_apart({"loraplus_lr_ratio", "loraplus_lr_embedding"}, "parts of LoRA");
  return kind;
}

/// Scripts of diffusers have --lr_scheduler beside --lr_warmup_steps; alone it may be axolotl's.
Config open_huggingface(const Config& config) {
  Config opened = open_calls(config);
  const auto is_warmup = [](const Setting& setting) {
    return setting.key == "lr_warmup_steps" || setting.key == "lr-warmup-steps";
  };
  if (std::any_of(opened.settings.begin(), opened.settings.end(), is_warmup)) {
    for (Setting& setting : opened.settings) {
      if (setting.key == "lr_scheduler" || setting.key == "lr-scheduler") setting.key = "lr_scheduler_type";
    }
  }
  return opened;
}

Schedule read_huggingface(Values& values) {
  const std::string kind = trainer_kind_in(values);
  const auto updates = values.updates_if("max_steps");
  return hugging_face_schedule(values, kind, hugging_face_warmup(values, updates), updates);
}

/// LLaMA-Factory gives warmup_stable_decay both lengths: of the updates after the warmup a third at the peak, rounded
/// down, and a decay as long as the rest of them, each where the configuration has none.
Schedule read_llama_factory(Values& values) {
  const std::string kind = trainer_kind_in(values);
  if (kind != "warmup_stable_decay")
    return hugging_face_schedule(values, kind, hugging_face_warmup(values, values.updates_if("max_steps")),
                                 values.updates_if("max_steps"));
  const std::int64_t updates = values.updates("max_steps");
  Course course{.peak = values.positive("learning_rate"), .warmup = hugging_face_warmup(values, updates)};
  course.updates = updates;
  const std::int64_t remaining = std::max<std::int64_t>(updates - course.warmup, 0);
  const auto stable = values.count_if(in_kwargs("num_stable_steps"));
  const auto length = values.count_if(in_kwargs("num_decay_steps"));
  if (!stable || !length) {
    values.differs(
        "LLaMA-Factory stays at the peak for a third of the updates after the warmup and decays over as many as are "
        "left, where num_stable_steps or num_decay_steps is not given");
  }
  return stable_decay(values, course, stable.value_or(remaining / 3), length.value_or(remaining - remaining / 3));
}

/// What is written of a schedule: the lr_scheduler_type with its options, and what goes with it.
struct TrainerKind {
  std::string name = {};
  std::vector<std::pair<std::string, Json>> options = {};
  std::int64_t warmup = 0;
  std::optional<std::int64_t> updates = {};
};

/// From update W - 1 on, which has the peak, to the last update that is made.
TrainerKind cosine_to_the_last_update(const Outline& outline) {
  TrainerKind kind{"cosine_warmup_with_min_lr", {}, outline.begin + 1, outline.steps};
  const bool share = outline.last_rate.unit == Rate::Unit::percent;
  kind.options.emplace_back(share ? "min_lr_rate" : "min_lr", share ? outline.last_share : outline.last);
  if (outline.warmup == 0) return kind;
  const Rate start = *outline.schedule.spec().warmup.start;
  if (start != share_of_peak(1.0 / static_cast<double>(kind.warmup)))
    kind.options.emplace_back("warmup_lr_rate", share_in(start, outline.peak));
  return kind;
}

/// A decay at any place; its floor lifts the warmup, too.
TrainerKind stable_decay_of(const Outline& outline) {
  needs_decay(outline, {"linear", "cosine", "1-sqrt"});
  const std::int64_t stable = outline.begin - outline.warmup;
  if (stable < 0) cannot("begins no decay before the step after the warmup");
  TrainerKind kind{"warmup_stable_decay", {{"num_decay_steps", outline.length()}, {"decay_type", outline.decay}}};
  if (!outline.ends()) kind.options.emplace_back("num_stable_steps", stable);
  if (outline.warmup > 0 && outline.warmup_curve != "linear")
    kind.options.emplace_back("warmup_type", outline.warmup_curve);
  if (outline.last != 0.0) kind.options.emplace_back("min_lr_ratio", outline.last_share);
  kind.warmup = outline.start ? outline.warmup : warmup_from_zero(outline);
  return kind;
}

/// constant_with_warmup, or for other warmups than its own a decay that begins after the run.
TrainerKind constant_kind(const Outline& outline) {
  const bool plain = outline.warmup_curve == "linear" && (!outline.start || *outline.start == 0.0);
  if (outline.warmup == 0 || plain) return {"constant_with_warmup"};
  if (!outline.steps) {
    cannot("needs max_steps for a warmup that begins above 0, and the schedule has no horizon; give it steps=N");
  }
  const Rate start = outline.schedule.spec().warmup.start.value_or(Rate{});
  TrainerKind kind{
      "warmup_stable_decay", {{"num_decay_steps", 1}, {"num_stable_steps", *outline.steps}}, outline.warmup};
  if (start.value > 0.0) kind.options.emplace_back("min_lr_ratio", share_in(start, outline.peak));
  if (outline.warmup_curve != "linear") kind.options.emplace_back("warmup_type", outline.warmup_curve);
  return kind;
}

/// Half waves of a cosine: their number of cycles.
std::optional<TrainerKind> waves_of(const Outline& outline) {
  const std::vector<Leg>& legs = outline.legs;
  if (legs.size() < 2 || legs[0].curve != "hold" || legs[0].end != outline.warmup + 1) return std::nullopt;
  for (std::size_t k = 1; k < legs.size(); ++k) {
    if (legs[k].curve != "cosine" || legs[k].exponent != 1.0 || legs[k].count != legs[1].count) return std::nullopt;
  }
  const Rate low = std::get<Stages>(outline.schedule.spec().shape).pieces[1].to.value_or(Rate{});
  TrainerKind kind{low.value == 0.0 ? "cosine" : "cosine_with_min_lr", {}, 0, *outline.steps - 1};
  if (low.value > 0.0) {
    const bool share = low.unit == Rate::Unit::percent;
    kind.options.emplace_back(share ? "min_lr_rate" : "min_lr", share ? share_in(low, outline.peak) : low.value);
  }
  const auto length = static_cast<double>(*kind.updates - outline.warmup);
  const auto half = static_cast<double>(legs[1].count);
  kind.options.emplace_back("num_cycles",
                            exactly(length / half / 2.0, half, [&](double cycles) { return length / (2.0 * cycles); }));
  return kind;
}

TrainerKind trainer_kind_of_shape(const Outline& outline) {
  if (auto waves = waves_of(outline)) return *waves;
  if (const auto* const restarts = std::get_if<CosineRestarts>(&outline.schedule.spec().shape)) {
    if (!restarts->cycles || restarts->low.value != 0.0)
      cannot("has restarts that are so many in the run, and go down to 0");
    if (!outline.steps || *outline.steps < 2) cannot("needs at least one update before the end of the schedule");
    return {"cosine_with_restarts", {{"num_cycles", *restarts->cycles}}, 0, *outline.steps - 1};
  }
  const auto* const root = std::get_if<Rsqrt>(&outline.schedule.spec().shape);
  if (root == nullptr) cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  const double timescale = root->timescale ? root->timescale->value : static_cast<double>(outline.warmup);
  return {"inverse_sqrt", {{"timescale", static_cast<std::int64_t>(timescale)}}};
}

TrainerKind trainer_kind_of(const Outline& outline) {
  if (!outline.flat) return trainer_kind_of_shape(outline);
  if (outline.decay.empty()) return constant_kind(outline);
  if (outline.warmup > 0 && outline.warmup_curve != "linear") return stable_decay_of(outline);
  const bool ends = outline.whole() && outline.ends();
  if (outline.decay == "cosine" && outline.exponent == 1.0 && outline.ends()) {
    const bool above = outline.warmup > 0 && outline.start.value_or(0.0) > 0.0;
    const bool lifted = outline.start == outline.last;  // as warmup_stable_decay has it
    if (outline.begin == -1 || (ends && above && !lifted)) return cosine_to_the_last_update(outline);
    if (ends && !above && outline.last == 0.0) return {"cosine"};
    const bool share = outline.last_rate.unit == Rate::Unit::percent;
    const char* const key = share ? "min_lr_rate" : "min_lr";
    if (ends && !above) return {"cosine_with_min_lr", {{key, share ? outline.last_share : outline.last}}};
  }
  if (ends && outline.decay == "linear" && outline.last == 0.0) return {"linear"};
  const bool lifted = outline.warmup > 0 && outline.start.value_or(0.0) > 0.0;
  if (ends && !lifted && (outline.decay == "polynomial" || outline.decay == "linear"))
    return {"polynomial", {{"power", outline.power}, {"lr_end", outline.last}}};
  return stable_decay_of(outline);
}

}  // namespace

Written write_hugging_face(const Outline& outline) {
  TrainerKind kind = trainer_kind_of(outline);
  Written written{.form = "JSON", .settings = {}};
  written.add("learning_rate", outline.peak);
  written.add("lr_scheduler_type", kind.name);
  for (auto& [key, value] : kind.options) written.add(in_kwargs(key), std::move(value));
  written.add("warmup_steps", kind.warmup > 0 || outline.begin == -1 ? kind.warmup : warmup_from_zero(outline));
  if (outline.steps) {
    written.updates = kind.updates ? *kind.updates : outline.updates();
    if (*written.updates < 1) cannot("needs at least one update before the end of the schedule");
    written.add("max_steps", *written.updates);
  }
  return written;
}

namespace {

/// Its warmup_stable_decay has both lengths, for its defaults are none of the Trainer's.
Written write_llama_factory(const Outline& outline) {
  Written written = write_hugging_face(outline);
  written.form = "YAML";
  const auto place = [&](const std::string& key) {
    return std::find_if(written.settings.begin(), written.settings.end(),
                        [&](const auto& setting) { return setting.first == key; });
  };
  const auto decay = place(in_kwargs("num_decay_steps"));
  if (decay != written.settings.end() && place(in_kwargs("num_stable_steps")) == written.settings.end())
    written.settings.insert(decay, {in_kwargs("num_stable_steps"), outline.begin - outline.warmup});
  return written;
}

}  // namespace

const Tool huggingface{{"huggingface", "Hugging Face TrainingArguments", "JSON, YAML, flags, Python", huggingface_keys},
                       read_huggingface,
                       write_hugging_face,
                       hugging_face_glue,
                       nullptr,
                       open_huggingface};
const Tool llama_factory{{"llama-factory", "LLaMA-Factory", "YAML", huggingface_keys},
                         read_llama_factory,
                         write_llama_factory,
                         hugging_face_glue};

}  // namespace scheduled::foreign
