// optax: a schedule is a call. Step counts are ours; the end of a decay is an update that is made only where the run is
// longer. It computes in single precision, unless JAX is told otherwise.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/joined.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array optax_keys{
    ForeignKey{"function", "", "the shape", true},
    ForeignKey{"updates", "", "the updates, which no call says"},
    ForeignKey{"value", "", "the rate"},
    ForeignKey{"init_value", "", "first rate"},
    ForeignKey{"peak_value", "", "the peak", true},
    ForeignKey{"end_value", "", "last rate"},
    ForeignKey{"warmup_steps", "", "steps of the warmup"},
    ForeignKey{"decay_steps", "", "steps of the decay, in warmup_... with the warmup"},
    ForeignKey{"transition_steps", "", "steps of the change", true},
    ForeignKey{"transition_begin", "0", "steps before the change", true},
    ForeignKey{"alpha", "0.0", "last rate as a share of the first"},
    ForeignKey{"exponent", "1.0", "of the cosine"},
    ForeignKey{"power", "1.0", "of the polynomial"},
    ForeignKey{"decay_rate", "", "factor after transition_steps"},
    ForeignKey{"staircase", "False", "whether the rate changes in stairs"},
    ForeignKey{"boundaries_and_scales", "", "factors from steps on"},
    ForeignKey{"pct_start", "0.3", "share of the steps for the rise", true},
    ForeignKey{"pct_final", "0.85", "share of the steps before the last descent", true},
    ForeignKey{"div_factor", "25.0", "the peak over the first rate", true},
    ForeignKey{"final_div_factor", "1e4", "the first rate over the last", true},
    ForeignKey{"rise_from", "", "first rate of the linear_schedule before it"},
    ForeignKey{"rise_steps", "", "steps of the linear_schedule before it"},
    ForeignKey{"schedules", "", "what it joins", true},
    ForeignKey{"boundaries", "", "the steps at which all but the first begin", true},
};

constexpr std::string_view single_precision =
    "optax computes in single precision, which is up to 2e-7 of the peak away, unless jax_enable_x64 is set";
constexpr std::string_view as_stages = "write a spec with stages(...)";

const std::vector<Function>& optax_functions() {
  static const std::vector<Function> all{
      {"constant_schedule", {"value"}},
      {"linear_schedule", {"init_value", "end_value", "transition_steps", "transition_begin"}},
      {"polynomial_schedule", {"init_value", "end_value", "power", "transition_steps", "transition_begin"}},
      {"cosine_decay_schedule", {"init_value", "decay_steps", "alpha", "exponent"}},
      {"exponential_decay",
       {"init_value", "transition_steps", "decay_rate", "transition_begin", "staircase", "end_value"}},
      {"piecewise_constant_schedule", {"init_value", "boundaries_and_scales"}},
      {"cosine_onecycle_schedule", {"transition_steps", "peak_value", "pct_start", "div_factor", "final_div_factor"}},
      {"linear_onecycle_schedule",
       {"transition_steps", "peak_value", "pct_start", "pct_final", "div_factor", "final_div_factor"}},
      {"warmup_constant_schedule", {"init_value", "peak_value", "warmup_steps"}},
      {"warmup_cosine_decay_schedule",
       {"init_value", "peak_value", "warmup_steps", "decay_steps", "end_value", "exponent"}},
      {"warmup_exponential_decay_schedule",
       {"init_value", "peak_value", "warmup_steps", "transition_steps", "decay_rate", "transition_begin", "staircase",
        "end_value"}},
      {"piecewise_interpolate_schedule", {}, as_stages}};
  return all;
}

bool is_join(const Json& value) { return name_of_call(value) == "join_schedules"; }

const Json* value_in(const Config& where, std::string_view key) {
  for (const Setting& setting : where.settings) {
    if (setting.key == key) return &setting.value;
  }
  return nullptr;
}

/// join_schedules([linear_schedule(...), X], [W]) as X with a rise before it; nothing where it is none.
std::optional<Config> optax_rise_and_rest(const std::string& form, const Json& schedules, const Json& boundaries,
                                          std::int64_t line) {
  if (schedules.items().size() != 2 || boundaries.items().size() != 1) return std::nullopt;
  const Json& rise = schedules.items()[0];
  const Json& rest = schedules.items()[1];
  const Function* const first = function_of(optax_functions(), rise);
  const Function* const second = function_of(optax_functions(), rest);
  if (first == nullptr || first->name != "linear_schedule" || second == nullptr) return std::nullopt;
  if (second->name.starts_with("warmup_") || second->name.ends_with("onecycle_schedule")) return std::nullopt;
  Config of_rise{form, {}}, found{form, {}};
  add_arguments(of_rise, *first, rise, line);
  add_arguments(found, *second, rest, line);
  const Json* const from = value_in(of_rise, "init_value");
  const Json* const steps = value_in(of_rise, "transition_steps");
  const Json* const wait = value_in(of_rise, "transition_begin");
  const Json* const top = value_in(of_rise, "end_value");
  if (from == nullptr || steps == nullptr || top == nullptr || !from->is_number() || !top->is_number())
    return std::nullopt;
  if (*steps != boundaries.items()[0] || (wait != nullptr && *wait != Json(0))) return std::nullopt;
  for (const std::string_view key : {"init_value", "value"}) {
    const Json* const begins = value_in(found, key);
    if (begins != nullptr && (!begins->is_number() || begins->number() != top->number())) return std::nullopt;
  }
  if (from->number() > top->number()) return std::nullopt;
  found.settings.push_back({"rise_from", *from, line});
  found.settings.push_back({"rise_steps", *steps, line});
  return found;
}

void add_join(Config& config, const Json& join, std::int64_t line) {
  const Json* const schedules = argument_of(join, "schedules", "0");
  const Json* const boundaries = argument_of(join, "boundaries", "1");
  if (schedules == nullptr || boundaries == nullptr || !schedules->is_array() || !boundaries->is_array())
    fail_at(
        line,
        "join_schedules is read where its schedules and boundaries are lists of calls and of steps that the text says");
  if (auto found = optax_rise_and_rest(config.form, *schedules, *boundaries, line)) {
    config = std::move(*found);
    return;
  }
  config.settings.push_back({"function", "join_schedules", line});
  config.settings.push_back({"schedules", *schedules, line});
  config.settings.push_back({"boundaries", *boundaries, line});
}

/// sgdr_schedule([dict(...), ...]), whose parts are warmup_cosine_decay_schedule(...) of decay_steps each.
void add_sgdr(Config& config, const Json& call, std::int64_t line) {
  const Json* const cycles = argument_of(call, "cosine_kwargs", "0");
  if (cycles == nullptr || !cycles->is_array() || cycles->items().empty())
    fail_at(line, "sgdr_schedule is read where its argument is a list of dicts");
  Json schedules = Json::array(), boundaries = Json::array();
  double step = 0.0;
  for (const Json& cycle : cycles->items()) {
    const Json* const steps = cycle.is_object() ? cycle.find("decay_steps") : nullptr;
    if (steps == nullptr || !steps->is_number()) fail_at(line, "sgdr_schedule needs decay_steps in each of its dicts");
    if (step > 0.0) boundaries.push_back(step);
    step += steps->number();
    Json part = Json::object({{std::string(called), "optax.warmup_cosine_decay_schedule"}});
    for (const auto& [key, value] : cycle.members()) part.add(key, value);
    schedules.push_back(std::move(part));
  }
  config.settings.push_back({"function", "join_schedules", line});
  config.settings.push_back({"schedules", std::move(schedules), line});
  config.settings.push_back({"boundaries", std::move(boundaries), line});
}

/// What comes after the rise, with its first rate.
struct Body {
  std::int64_t rise = 0;
  double first = 0.0, peak = 0.0;
};

Schedule exponential(Values& values, Course course, const Body& body) {
  const std::int64_t updates = values.updates("updates");
  const double rate = values.positive("decay_rate");
  const std::int64_t steps = values.count("transition_steps");
  const std::int64_t wait = values.count("transition_begin");
  const bool stairs = values.flag("staircase");
  const auto floor = values.number_if("end_value");
  if (steps == 0) return constant_of(course, updates);
  if (stairs || wait > 0 || rate >= 1.0 || updates <= body.rise) {
    return table_of(values, updates, [&](std::int64_t i) {
      if (i < body.rise)
        return body.first + (body.peak - body.first) * static_cast<double>(i) / static_cast<double>(body.rise);
      double x = static_cast<double>(i - body.rise - wait) / static_cast<double>(steps);
      if (stairs) x = std::floor(x);
      const double found = i - body.rise <= wait ? body.peak : body.peak * elementary::power(rate, x);
      if (!floor) return found;
      return rate < 1.0 ? std::max(found, *floor) : std::min(found, *floor);
    });
  }
  const double half_life = static_cast<double>(steps) * std::numbers::ln2 / -std::log(rate);
  return parse_spec("exponential", {"steps=" + std::to_string(updates), peak_key(course.peak), warmup_key(course),
                                    "half_life=" + format_number(half_life),
                                    floor ? "floor=" + format_number(*floor) : std::string()});
}

Schedule piecewise(Values& values, const Course& course, const Body& body) {
  const std::int64_t updates = values.updates("updates");
  std::vector<std::pair<std::int64_t, double>> scales;
  const ForeignKey* const all = std::find_if(optax_keys.begin(), optax_keys.end(),
                                             [](const ForeignKey& key) { return key.name == "boundaries_and_scales"; });
  for (const Setting& setting : values.under(all->name)) {
    const auto step = parse_number(setting.key);
    if (!step || *step < 0.0 || *step > 0x1p53 || std::floor(*step) != *step || !setting.value.is_number()) {
      fail_value(setting.key, shown(setting.value), "must be a step with its factor");
    }
    scales.emplace_back(static_cast<std::int64_t>(*step), setting.value.number());
  }
  std::sort(scales.begin(), scales.end());
  std::string milestones, factors;
  double factor = 1.0;
  for (const auto& [step, scale] : scales) {
    if (scale < 0.0) fail_value("boundaries_and_scales", scale, "must be 0 or more");
    factor *= scale;
    milestones += (milestones.empty() ? "" : ", ") + std::to_string(step + body.rise);
    factors += (factors.empty() ? "" : ", ") + format_number(factor);
  }
  if (scales.empty()) return constant_of(course, updates);
  return parse_spec("piecewise", {"steps=" + std::to_string(updates), peak_key(course.peak), warmup_key(course),
                                  "milestones=[" + milestones + "]", "factors=[" + factors + "]"});
}

Schedule polynomial(Values& values, Course course, const Body& body) {
  const std::int64_t steps = values.count("transition_steps");
  const double last = values.non_negative("end_value");
  const double power = values.has("power") ? values.positive("power") : 1.0;
  course.begin = body.rise + values.count("transition_begin");
  course.end = course.begin + steps;
  course.updates = values.updates_if("updates").value_or(course.end);
  if (steps == 0) return constant_of(course, course.updates);
  if (last > body.peak) {
    if (body.rise == 0 && course.begin == 0 && power == 1.0) {
      course.start = absolute_lr(body.peak);
      course.peak = last;
      course.warmup = steps;
      return constant_of(course, course.updates);
    }
    return table_of(values, course.updates, [&](std::int64_t i) {
      if (i < body.rise)
        return body.first + (body.peak - body.first) * static_cast<double>(i) / static_cast<double>(body.rise);
      const double x = std::clamp(static_cast<double>(i - course.begin) / static_cast<double>(steps), 0.0, 1.0);
      return last + (body.peak - last) * elementary::power(1.0 - x, power);
    });
  }
  course.last = absolute_lr(last);
  course.decay = power == 1.0 ? "linear" : concat({"polynomial power=", format_number(power)});
  return schedule_of(course);
}

/// Up to the peak in a share of the steps, down again; with lines in two pieces, the second from the first rate on.
Schedule one_cycle(Values& values, bool cosine) {
  const std::int64_t steps = values.count("transition_steps");
  if (steps < 1) values.fail("transition_steps", "must be 1 or more");
  const auto part = [&](std::string_view key) {
    return static_cast<std::int64_t>(values.share(key) * static_cast<double>(steps));
  };
  Course course{.peak = values.positive("peak_value"), .warmup = part("pct_start")};
  const double first = values.positive("div_factor"), last = values.positive("final_div_factor");
  if (first < 1.0) values.fail("div_factor", "must be 1 or more");
  if (last * first < 1.0) values.fail("final_div_factor", "must not end above the peak");
  if (course.warmup < 1) values.fail("pct_start", "must leave a step for the rise");
  course.start = percent_of_peak(100.0 / first);
  if (cosine) course.warmup_keys = "warmup_curve=cosine";
  course.begin = course.warmup;
  course.end = steps;
  course.last = percent_of_peak(100.0 / (first * last));
  course.updates = values.updates_if("updates").value_or(steps);
  course.decay = "cosine";
  if (cosine) return schedule_of(course);
  const std::int64_t turn = part("pct_final");
  if (turn <= course.warmup) values.fail("pct_final", "must be after pct_start");
  const auto over = [](std::int64_t length) { return " over " + std::to_string(length); };
  std::string pieces = concat({"hold until ", std::to_string(course.warmup + 1), ", linear to ",
                               print_rate(*course.start), over(turn - course.warmup)});
  if (steps > turn) pieces += concat({", linear to ", print_rate(course.last), over(steps - turn)});
  return parse_spec("stages", {peak_key(course.peak), warmup_key(course), concat({"pieces=[", pieces, "]"})});
}

void join_exponential(Joined& joined, Values& part, std::int64_t at) {
  const double rate = part.positive("decay_rate");
  const std::int64_t steps = part.count("transition_steps"), wait = part.count("transition_begin");
  if (rate >= 1.0 || steps < 1 || part.flag("staircase") || part.has("end_value"))
    part.fail("function",
              "is translated within join_schedules where it decays without stairs and without an end_value");
  const double from = part.positive("init_value");
  if (wait > 0) joined.hold(at, from);
  const double half_life = static_cast<double>(steps) * std::numbers::ln2 / -std::log(rate);
  joined.endless("exponential half_life=" + format_number(half_life), at + wait, from);
}

/// One of the schedules of join_schedules, whose step 0 is `at`.
void join_optax(Joined& joined, Values& part, std::int64_t at) {
  const std::string name = part.word("function");
  if (name == "constant_schedule") return joined.hold(at, part.non_negative("value"));
  if (name == "linear_schedule" || name == "polynomial_schedule") {
    const double from = part.non_negative("init_value"), to = part.non_negative("end_value");
    const double power = part.has("power") ? part.positive("power") : 1.0;
    const std::int64_t begin = at + part.count("transition_begin"), steps = part.count("transition_steps");
    if (steps == 0 || begin > at) joined.hold(at, from);
    if (steps == 0) return;
    const std::string curve = power == 1.0 ? "linear" : concat({"polynomial power=", format_number(power)});
    return joined.way(curve, begin, from, begin + steps, to);
  }
  if (name == "exponential_decay") return join_exponential(joined, part, at);
  const bool cosine = name == "cosine_decay_schedule" || name == "warmup_cosine_decay_schedule";
  if (!cosine && name != "warmup_constant_schedule") part.fail("function", "is not translated within join_schedules");
  const bool warms = name.starts_with("warmup_");
  const double top = warms ? part.non_negative("peak_value") : part.non_negative("init_value");
  const std::int64_t warmup = warms ? part.count("warmup_steps") : 0;
  if (warms) joined.way("linear", at, part.non_negative("init_value"), at + warmup, top);
  if (!cosine) return;
  const double exponent = part.positive("exponent");
  const double last = !warms ? part.share("alpha") * top : part.has("end_value") ? part.non_negative("end_value") : 0.0;
  const std::string curve = exponent == 1.0 ? "cosine" : concat({"cosine exponent=", format_number(exponent)});
  joined.way(curve, at + warmup, top, at + part.count("decay_steps"), last);
}

Schedule read_join(Values& values) {
  Joined joined;
  read_parts(values, optax_functions(), "schedules", "boundaries",
             [&](Values& part, std::int64_t begin, std::optional<std::int64_t>) { join_optax(joined, part, begin); });
  return joined.schedule(values);
}

Schedule read_optax(Values& values) {
  const std::string name = values.word("function");
  if (name == "join_schedules") {
    values.differs(std::string(single_precision));
    return read_join(values);
  }
  if (name.ends_with("onecycle_schedule")) {
    values.differs(std::string(single_precision));
    return one_cycle(values, name.starts_with("cosine"));
  }
  const bool warms = name.starts_with("warmup_");
  Body body;
  if (warms) {
    body = {values.count("warmup_steps"), values.non_negative("init_value"), values.positive("peak_value")};
  } else {
    body.peak = name == "constant_schedule" ? values.positive("value") : values.non_negative("init_value");
    if (values.has("rise_steps")) {
      body.rise = values.count("rise_steps");
      body.first = values.non_negative("rise_from");
    }
    const bool rises = name == "linear_schedule" || name == "polynomial_schedule";
    if (body.peak == 0.0 && !(rises && body.rise == 0)) values.fail("init_value", "must be above 0");
  }
  if (body.rise > 0 && body.first > body.peak) values.fail_above_peak(warms ? "init_value" : "rise_from", body.peak);
  values.differs(std::string(single_precision));
  Course course{.peak = body.peak, .warmup = body.rise};
  course.start = absolute_lr(body.first);
  course.begin = body.rise;
  if (name == "constant_schedule" || name == "warmup_constant_schedule")
    return constant_of(course, values.updates_if("updates"));
  if (name.ends_with("exponential_decay") || name.ends_with("exponential_decay_schedule"))
    return exponential(values, course, body);
  if (name == "piecewise_constant_schedule") return piecewise(values, course, body);
  if (name == "linear_schedule" || name == "polynomial_schedule") return polynomial(values, course, body);
  const std::int64_t steps = values.count("decay_steps");
  course.end = warms ? steps : body.rise + steps;
  if (course.end <= body.rise) values.fail("decay_steps", "must be more than the steps before the decay");
  course.last = warms ? absolute_lr(values.has("end_value") ? values.non_negative("end_value") : 0.0)
                      : share_of_peak(values.share("alpha"));
  if (course.last.unit == Rate::Unit::absolute && course.last.value > course.peak)
    values.fail_above_peak("end_value", course.peak);
  const double exponent = values.positive("exponent");
  course.decay = exponent == 1.0 ? "cosine" : concat({"cosine exponent=", format_number(exponent)});
  course.updates = values.updates_if("updates").value_or(course.end);
  return schedule_of(course);
}

bool is_optax_schedule(const Json& call) {
  return function_of(optax_functions(), call) != nullptr || is_join(call) || name_of_call(call) == "sgdr_schedule";
}

/// The schedules in an optimizer's call, as in chain(..., adamw(learning_rate=cosine_decay_schedule(...))).
void optax_schedules_within(const Json& call, std::vector<const Json*>& found, int depth) {
  if (depth > deepest || found.size() > 1) return;
  if (is_optax_schedule(call)) {
    if (found.empty() || *found.front() != call) found.push_back(&call);
    return;
  }
  if (name_of_call(call).empty() || name_of_call(call) == "add_decayed_weights") return;
  for (const auto& [argument, value] : call.members()) {
    const bool placed = argument.find_first_not_of("0123456789") == std::string::npos;
    if (placed || argument == "learning_rate" || argument == "step_size_fn")
      optax_schedules_within(value, found, depth + 1);
  }
}

/// The schedule that a value is, or has within an optimizer's call; null where there is none.
const Json* optax_schedule_in(const Setting& setting) {
  std::vector<const Json*> found;
  optax_schedules_within(setting.value, found, 0);
  if (found.size() > 1) fail_at(setting.line, "has several schedules in one call; give that of the learning rate");
  return found.empty() ? nullptr : found.front();
}

/// Of the last call, which is the schedule or has it; those before are its parts.
std::optional<Config> optax_call(const Config& config) {
  std::optional<Config> found;
  for (const Setting& setting : config.settings) {
    const Json* const schedule = optax_schedule_in(setting);
    if (schedule == nullptr) continue;
    const Function* const function = function_of(optax_functions(), *schedule);
    const bool cycles = name_of_call(*schedule) == "sgdr_schedule";
    found = Config{config.form, {}};
    if (cycles) {
      add_sgdr(*found, *schedule, setting.line);
    } else if (function == nullptr) {
      add_join(*found, *schedule, setting.line);
    } else {
      add_arguments(*found, *function, *schedule, setting.line);
    }
  }
  if (!found) return std::nullopt;
  return flattened(*found);
}

}  // namespace

const Tool optax{{"optax", "optax", "Python", optax_keys},
                 read_optax,
                 write_optax,
                 "import jax.numpy as jnp, numpy as np\n"
                 "rates = jnp.asarray(np.load(\"TABLE\"))\n"
                 "schedule = lambda count: rates[jnp.minimum(count, len(rates) - 1)]\n",
                 optax_call};

}  // namespace scheduled::foreign
