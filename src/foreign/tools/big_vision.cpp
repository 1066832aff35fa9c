// big_vision: a shape times a warmup i/W, times a cooldown (N - i)/C. It computes in single precision.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array big_vision_keys{
    ForeignKey{"lr", "", "the peak"},
    ForeignKey{"schedule.decay_type", "stair", "the shape", true},
    ForeignKey{"schedule.base", "1.0", "factor of the peak", true},
    ForeignKey{"schedule.scale_with_batchsize", "False", "whether the peak grows with the batch", true},
    ForeignKey{"schedule.warmup_steps", "", "updates of the warmup"},
    ForeignKey{"schedule.warmup_examples", "", "examples of the warmup", true},
    ForeignKey{"schedule.warmup_epochs", "", "epochs of the warmup", true},
    ForeignKey{"schedule.warmup_percent", "", "the warmup as a share of the run", true},
    ForeignKey{"schedule.cooldown_steps", "", "updates of the cooldown", true},
    ForeignKey{"schedule.cooldown_examples", "", "examples of the cooldown", true},
    ForeignKey{"schedule.cooldown_epochs", "", "epochs of the cooldown", true},
    ForeignKey{"schedule.cooldown_percent", "", "the cooldown as a share of the run", true},
    ForeignKey{"schedule.power", "1.0", "of linear and polynomial"},
    ForeignKey{"schedule.end|schedule.linear_end", "0.0", "last rate as a share of the peak", true},
    ForeignKey{"schedule.timescale", "10000.0", "of rsqrt", true},
    ForeignKey{"schedule.timescale_examples", "", "of rsqrt in examples", true},
    ForeignKey{"schedule.shift", "0.0", "of rsqrt", true},
    ForeignKey{"schedule.steps", "", "steps of the stairs"},
    ForeignKey{"schedule.mults", "", "factors of the stairs", true},
    ForeignKey{"schedule.frozen", "", "parameters without updates"},
    ForeignKey{"total_steps", "", "the updates"},
    ForeignKey{"total_examples", "", "examples of the run"},
    ForeignKey{"total_epochs", "", "passes over the data", true},
    ForeignKey{"input.batch_size|batch_size", "", "examples of an update"},
};

constexpr std::string_view batch_key = "input.batch_size";

/// Halves go to even numbers, and what is not 0 is at least one step.
std::int64_t to_steps(double length) {
  return length == 0.0 ? 0 : std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(length)));
}

double batch(Values& values, std::string_view key) {
  if (!values.has(batch_key)) values.fail(key, "is in examples, and batch_size is missing");
  return values.positive(batch_key);
}

std::int64_t length(Values& values, const std::string& prefix, std::int64_t updates) {
  constexpr std::array<std::string_view, 4> units{"_steps", "_examples", "_percent", "_epochs"};
  for (std::size_t a = 0; a < units.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      values.exclude(prefix + std::string(units[a]), prefix + std::string(units[b]), "big_vision refuses both");
    }
  }
  if (values.has(prefix + "_steps")) return values.count(prefix + "_steps");
  if (values.has(prefix + "_examples")) {
    return to_steps(values.non_negative(prefix + "_examples") / batch(values, prefix + "_examples"));
  }
  if (values.has(prefix + "_percent"))
    return to_steps(values.share(prefix + "_percent") * static_cast<double>(updates));
  if (values.has(prefix + "_epochs"))
    values.fail(prefix + "_epochs", "is no number of updates without the data's size; give it as ..._steps");
  return 0;
}

struct Shape {
  std::string kind = {};
  double peak = 0.0, power = 1.0, end = 0.0, timescale = 1.0, shift = 0.0;
  std::int64_t updates = 0, warmup = 0, cooldown = 0;
  std::vector<double> steps = {}, mults = {};

  double at(std::int64_t i) const {
    const auto step = static_cast<double>(i);
    const auto rise = static_cast<double>(warmup);
    const auto total = static_cast<double>(updates);
    const double x = std::clamp((step - rise) / (total - rise), 0.0, 1.0);
    double rate = peak;
    if (kind == "linear" || kind == "polynomial") rate *= end + (1.0 - end) * elementary::power(1.0 - x, power);
    if (kind == "cosine") rate *= cosine_at(x);
    if (kind == "rsqrt") rate /= std::sqrt(1.0 + (std::max(step - rise, 0.0) + shift) / timescale);
    if (kind == "stair") {
      const auto place = std::upper_bound(steps.begin(), steps.end(), step) - steps.begin();
      if (place > 0) rate *= mults[static_cast<std::size_t>(place - 1)];
    }
    if (warmup > 0) rate *= std::min(1.0, step / rise);
    if (cooldown > 0) rate *= std::min(1.0, (total - step) / static_cast<double>(cooldown));
    return rate;
  }
};

Schedule stairs(Values& values, const Shape& shape, const Course& course) {
  const bool late =
      shape.steps.empty() || (shape.steps.front() > static_cast<double>(shape.warmup) || shape.warmup == 0);
  if (!late) return table_of(values, shape.updates, [&](std::int64_t i) { return shape.at(i); });
  if (shape.steps.empty()) return constant_of(course, shape.updates);
  std::string milestones, factors;
  for (std::size_t k = 0; k < shape.steps.size(); ++k) {
    milestones += (k == 0 ? "" : ", ") + format_number(shape.steps[k]);
    factors += (k == 0 ? "" : ", ") + format_number(shape.mults[k]);
  }
  return parse_spec("piecewise", {"steps=" + std::to_string(shape.updates), peak_key(course.peak), warmup_key(course),
                                  "milestones=[" + milestones + "]", "factors=[" + factors + "]"});
}

/// config.schedule = [("img/.*", None), (".*", dict(...))] as the one that is there, and which parameters have none.
Config open_groups(const Config& config) {
  Config opened{config.form, {}};
  for (const Setting& setting : config.settings) {
    const auto is_group = [](const Json& one) {
      return one.is_array() && one.items().size() == 2 && one.items()[0].is_text() &&
             (one.items()[1].is_null() || one.items()[1].is_object());
    };
    const bool schedule = setting.key == "schedule" || setting.key.ends_with(".schedule");
    if (!schedule || !setting.value.is_array() || setting.value.items().empty() ||
        !std::all_of(setting.value.items().begin(), setting.value.items().end(), is_group)) {
      opened.settings.push_back(setting);
      continue;
    }
    const Json* found = nullptr;
    std::string frozen;
    for (const Json& group : setting.value.items()) {
      const Json& inner = group.items()[1];
      if (inner.is_null()) {
        frozen += concat({frozen.empty() ? "" : ", ", group.items()[0].text()});
      } else if (found != nullptr && *found != inner) {
        fail_at(setting.line, concat({setting.key, " has several schedules, each for some of the parameters; give one ",
                                      "of them as ", setting.key, " = dict(...)"}));
      } else {
        found = &inner;
      }
    }
    if (found == nullptr)
      fail_at(setting.line, concat({setting.key, " has no schedule, as all parameters are frozen"}));
    for (const auto& [key, value] : found->members())
      opened.settings.push_back({concat({setting.key, ".", key}), value, setting.line});
    if (!frozen.empty()) opened.settings.push_back({concat({setting.key, ".frozen"}), frozen, setting.line});
  }
  return opened;
}

Schedule read_big_vision(Values& values) {
  if (values.has("schedule.frozen"))
    values.differs(concat({"parameters that match ", values.word("schedule.frozen"), " are frozen"}));
  constexpr std::array<std::string_view, 5> kinds{"linear", "polynomial", "cosine", "rsqrt", "stair"};
  Shape shape{.kind = std::string(kinds[find_word("schedule.decay_type", values.word("schedule.decay_type"), kinds)])};
  shape.peak = values.positive("lr") * values.positive("schedule.base");
  if (values.flag("schedule.scale_with_batchsize"))
    shape.peak *= batch(values, "schedule.scale_with_batchsize") / 256.0;
  if (const auto known = values.updates_if("total_steps")) {
    shape.updates = *known;
  } else if (values.has("total_examples")) {
    shape.updates = to_steps(values.positive("total_examples") / batch(values, "total_examples"));
    values.make_updates(shape.updates);
  } else {
    shape.updates = values.updates("total_steps");
  }
  shape.warmup = length(values, "schedule.warmup", shape.updates);
  shape.cooldown = length(values, "schedule.cooldown", shape.updates);
  if (shape.updates > 1 && shape.warmup >= shape.updates)
    values.fail_no_room("schedule.warmup_steps", "must be less than", NoRoom::updates,
                        static_cast<double>(shape.updates));
  values.differs("big_vision computes in single precision, which is up to 2e-7 of the peak away");
  Course course{.peak = shape.peak, .warmup = shape.warmup, .start = absolute_lr(0.0)};
  course.updates = shape.updates;
  course.begin = shape.warmup;
  course.end = shape.updates;
  if (shape.kind == "linear" || shape.kind == "polynomial") {
    shape.power = values.positive("schedule.power");
    shape.end = values.share("schedule.end");
  } else if (shape.kind == "rsqrt") {
    shape.timescale = values.has("schedule.timescale_examples") ? values.positive("schedule.timescale_examples") /
                                                                      batch(values, "schedule.timescale_examples")
                                                                : values.positive("schedule.timescale");
    shape.shift = values.non_negative("schedule.shift");
  } else if (shape.kind == "stair") {
    shape.steps = values.numbers("schedule.steps");
    shape.mults = values.numbers("schedule.mults");
    if (shape.steps.size() != shape.mults.size() || !std::is_sorted(shape.steps.begin(), shape.steps.end())) {
      values.fail("schedule.steps", "must be increasing steps, as many as mults");
    }
  }
  const bool whole = std::floor(shape.timescale) == shape.timescale && std::floor(shape.shift) == shape.shift;
  const bool cools = shape.cooldown > 0 && shape.kind != "stair";
  const bool flat = shape.kind == "stair" && shape.steps.empty();
  if (cools || (shape.cooldown > 0 && !flat) || !whole)
    return table_of(values, shape.updates, [&](std::int64_t i) { return shape.at(i); });
  if (flat && shape.cooldown > 0) {
    course.begin = shape.updates - shape.cooldown;
    if (course.begin < shape.warmup)
      return table_of(values, shape.updates, [&](std::int64_t i) { return shape.at(i); });
    return schedule_of(course);
  }
  if (shape.kind == "stair") return stairs(values, shape, course);
  if (shape.kind == "rsqrt") {
    if (shape.updates <= shape.warmup) return constant_of(course, shape.updates);
    return parse_spec("rsqrt", {"steps=" + std::to_string(shape.updates), peak_key(course.peak), warmup_key(course),
                                "timescale=" + format_number(shape.timescale), "shift=" + format_number(shape.shift)});
  }
  course.decay = shape.kind == "cosine" ? "cosine"
                 : shape.power == 1.0   ? "linear"
                                        : concat({"polynomial power=", format_number(shape.power)});
  course.last = share_of_peak(shape.end);
  return schedule_of(course);
}

std::int64_t whole_steps(const Duration& length) {
  if (length.unit != Duration::Unit::steps) cannot("counts steps; give the schedule its lengths in steps");
  return static_cast<std::int64_t>(length.value);
}

/// The shape's keys; the updates of the run.
std::int64_t write_shape(Written& written, const Outline& outline) {
  const auto add = [&](std::string_view key, Json value) { written.add(concat({"schedule.", key}), std::move(value)); };
  if (const auto* const root = std::get_if<Rsqrt>(&outline.schedule.spec().shape)) {
    if (root->limit.value != 0.0) cannot("has an rsqrt that goes to 0");
    add("decay_type", "rsqrt");
    add("timescale", root->timescale ? whole_steps(*root->timescale) : outline.warmup);
    if (root->shift.value > 0.0) add("shift", whole_steps(root->shift));
    return *outline.steps;
  }
  if (const auto* const stairs = std::get_if<Piecewise>(&outline.schedule.spec().shape)) {
    Json steps = Json::array();
    for (const Duration& one : stairs->milestones) steps.push_back(whole_steps(one));
    add("decay_type", "stair");
    add("steps", std::move(steps));
    add("mults", Json(stairs->factors));
    return *outline.steps;
  }
  needs_course(outline, "total_steps");
  if (outline.exponent != 1.0) cannot("has no cosine with an exponent");
  if (!outline.decay.empty() && !outline.ends()) cannot("ends its decay with the run");
  const bool linear = outline.decay == "linear" || outline.decay == "polynomial";
  if (outline.decay.empty() || (outline.decay == "linear" && !outline.whole())) {
    if (outline.last != 0.0) cannot("has a cooldown to 0 only");
    add("decay_type", "stair");
    add("steps", Json::array());
    add("mults", Json::array());
    if (outline.decay.empty()) return *outline.steps;
    add("cooldown_steps", outline.length());
  } else if (!outline.whole() || (!linear && outline.decay != "cosine")) {
    cannot(concat({"has no ", outline.decay, outline.whole() ? "" : " after a time at the peak"}));
  } else {
    if (!linear && outline.last != 0.0) cannot("has a cosine to 0 only");
    add("decay_type", outline.decay);
    if (linear && outline.last_share > 0.0) add("end", outline.last_share);
    if (outline.decay == "polynomial") add("power", outline.power);
  }
  return outline.updates();
}

Written write_big_vision(const Outline& outline) {
  if (!outline.steps) cannot("needs total_steps, and the schedule has no horizon; give it steps=N");
  Written written{.form = "Python", .settings = {}};
  written.add("lr", outline.peak);
  const std::int64_t warmup = warmup_from_zero(outline);
  written.updates = write_shape(written, outline);
  if (warmup > 0) written.add("schedule.warmup_steps", warmup);
  written.add("total_steps", *written.updates);
  return written;
}

}  // namespace

const Tool big_vision{
    {"big_vision", "big_vision", "Python", big_vision_keys},
    read_big_vision,
    write_big_vision,
    "import jax.numpy as jnp, numpy as np\n"
    "rates = jnp.asarray(np.load(\"TABLE\")) / PEAK\n"
    "sched_fn = lambda step: rates[jnp.minimum(step, len(rates) - 1)]  # for create_learning_rate_schedule\n",
    nullptr,
    open_groups};

}  // namespace scheduled::foreign
