// optax: a schedule is a call. Step counts are ours; the end of a decay is an update that is made only where the run is
// longer. It computes in single precision, unless JAX is told otherwise.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tools/optax.hpp"

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
    ForeignKey{"rise_from", "", "first rate of the linear_schedule before it"},
    ForeignKey{"rise_steps", "", "steps of the linear_schedule before it"},
};

struct Function {
  std::string_view name;
  std::vector<std::string_view> arguments;  ///< in their order
};
const std::vector<Function>& functions() {
  static const std::vector<Function> all{
      {"constant_schedule", {"value"}},
      {"linear_schedule", {"init_value", "end_value", "transition_steps", "transition_begin"}},
      {"polynomial_schedule", {"init_value", "end_value", "power", "transition_steps", "transition_begin"}},
      {"cosine_decay_schedule", {"init_value", "decay_steps", "alpha", "exponent"}},
      {"exponential_decay",
       {"init_value", "transition_steps", "decay_rate", "transition_begin", "staircase", "end_value"}},
      {"piecewise_constant_schedule", {"init_value", "boundaries_and_scales"}},
      {"warmup_constant_schedule", {"init_value", "peak_value", "warmup_steps"}},
      {"warmup_cosine_decay_schedule",
       {"init_value", "peak_value", "warmup_steps", "decay_steps", "end_value", "exponent"}},
      {"warmup_exponential_decay_schedule",
       {"init_value", "peak_value", "warmup_steps", "transition_steps", "decay_rate", "transition_begin", "staircase",
        "end_value"}}};
  return all;
}

std::string_view short_name(std::string_view name) { return name.substr(name.find_last_of('.') + 1); }

const Function* function_of(const Json& value) {
  if (!value.is_object() || !value.contains(called)) return nullptr;
  for (const Function& one : functions()) {
    if (one.name == short_name(value.find(called)->text())) return &one;
  }
  return nullptr;
}

bool is_join(const Json& value) {
  return value.is_object() && value.contains(called) && short_name(value.find(called)->text()) == "join_schedules";
}

/// A call's arguments as settings by their names.
void add_arguments(Config& config, const Json& call, std::int64_t line) {
  const Function& function = *function_of(call);
  config.settings.push_back({"function", std::string(function.name), line});
  for (const auto& [name, value] : call.members()) {
    if (name == called) continue;
    std::string key = name;
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      const std::size_t place = name.size() > 2 ? 99 : std::stoul(name);
      if (place >= function.arguments.size()) fail_at(line, concat({function.name, " has no such many arguments"}));
      key = std::string(function.arguments[place]);
    } else if (std::find(function.arguments.begin(), function.arguments.end(), name) == function.arguments.end()) {
      fail_value(name, shown(value), concat({"is no argument of ", function.name}));
    }
    config.settings.push_back({key, value, line});
  }
}

[[noreturn]] void fail_join(std::int64_t line) {
  fail_at(line,
          "join_schedules is translated where it joins a linear_schedule that rises and one other at its end; "
          "write a spec with stages(...)");
}

/// join_schedules([linear_schedule(...), X], [W]) as X with a rise before it.
void add_join(Config& config, const Json& join, std::int64_t line) {
  const auto argument = [&](std::string_view name, std::string_view place) {
    const Json* const named = join.find(name);
    return named != nullptr ? named : join.find(place);
  };
  const Json* const schedules = argument("schedules", "0");
  const Json* const boundaries = argument("boundaries", "1");
  if (schedules == nullptr || boundaries == nullptr || !schedules->is_array() || !boundaries->is_array())
    fail_join(line);
  if (schedules->items().size() != 2 || boundaries->items().size() != 1) fail_join(line);
  const Json& rise = schedules->items()[0];
  const Function* const first = function_of(rise);
  if (first == nullptr || first->name != "linear_schedule" || function_of(schedules->items()[1]) == nullptr)
    fail_join(line);
  Config of_rise{config.form, {}};
  add_arguments(of_rise, rise, line);
  for (Setting& setting : of_rise.settings) {
    if (setting.key == "init_value") config.settings.push_back({"rise_from", setting.value, line});
    if (setting.key == "transition_steps" && setting.value != boundaries->items()[0]) fail_join(line);
    if (setting.key == "transition_begin" && setting.value != Json(0)) fail_join(line);
    if (setting.key == "transition_steps") config.settings.push_back({"rise_steps", setting.value, line});
  }
  add_arguments(config, schedules->items()[1], line);
  const auto value_in = [](const Config& where, std::string_view key) -> const Json* {
    for (const Setting& setting : where.settings) {
      if (setting.key == key) return &setting.value;
    }
    return nullptr;
  };
  const Json* const top = value_in(of_rise, "end_value");
  for (const std::string_view key : {"init_value", "value"}) {
    if (const Json* const begins = value_in(config, key); begins != nullptr && top != nullptr && *begins != *top)
      fail_join(line);
  }
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

Schedule read_optax(Values& values) {
  const std::string name = values.word("function");
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
  if (body.rise > 0 && body.first > body.peak)
    values.fail(warms ? "init_value" : "rise_from", "must not be above the peak");
  values.differs(
      "optax computes in single precision, which is up to 2e-7 of the peak away, unless jax_enable_x64 is set");
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
    values.fail("end_value", "must not be above peak_value");
  const double exponent = values.positive("exponent");
  course.decay = exponent == 1.0 ? "cosine" : concat({"cosine exponent=", format_number(exponent)});
  course.updates = values.updates_if("updates").value_or(course.end);
  return schedule_of(course);
}

Written write_optax(const Outline& outline) {
  Written written{.form = "Python", .settings = {}};
  if (!outline.flat) cannot(concat({"is not written with ", schedule_name(outline.schedule)}));
  if (!outline.start && outline.warmup > 0)
    cannot("has a warmup from a rate of its step 0; give the schedule warmup_start");
  const auto function = [&](std::string_view name) { written.add("()", concat({"optax.", name})); };
  const bool warms = outline.warmup > 0;
  const auto rise = [&] {
    written.add("init_value", outline.start.value_or(0.0));
    written.add("peak_value", outline.peak);
    written.add("warmup_steps", outline.warmup);
  };
  if (outline.steps) written.updates = outline.decay.empty() ? *outline.steps : updates_before_end(outline);
  if (outline.decay.empty() && warms) {
    function("warmup_constant_schedule");
    rise();
  } else if (outline.decay.empty()) {
    function("constant_schedule");
    written.add("value", outline.peak);
  } else if (outline.decay == "cosine" && outline.whole()) {
    function(warms ? "warmup_cosine_decay_schedule" : "cosine_decay_schedule");
    if (warms) {
      rise();
    } else {
      written.add("init_value", outline.peak);
    }
    written.add("decay_steps", *written.updates);
    if (warms) {
      written.add("end_value", outline.last);
    } else {
      written.add("alpha", outline.last_share);
    }
    written.add("exponent", outline.exponent);
  } else if ((outline.decay == "linear" || outline.decay == "polynomial") && !warms) {
    function("polynomial_schedule");
    written.add("init_value", outline.peak);
    written.add("end_value", outline.last);
    written.add("power", outline.power);
    written.add("transition_steps", outline.cooldown);
    written.add("transition_begin", *outline.steps - 1 - outline.cooldown);
  } else {
    cannot(concat({"has no single call for a warmup and ", outline.decay,
                   "; scheduled.optax.as_optax makes it a schedule of optax"}));
  }
  return written;
}

}  // namespace

bool is_optax(const Config& config) {
  return std::any_of(config.settings.begin(), config.settings.end(), [](const Setting& setting) {
    return function_of(setting.value) != nullptr || is_join(setting.value);
  });
}

Config optax_settings(const Config& config) {
  Config found{config.form, {}};
  for (const Setting& setting : config.settings) {
    if (function_of(setting.value) == nullptr && !is_join(setting.value)) continue;
    found.settings.clear();  // the last call is the schedule; those before are its parts
    if (is_join(setting.value)) {
      add_join(found, setting.value, setting.line);
    } else {
      add_arguments(found, setting.value, setting.line);
    }
  }
  Collector flat(found.form);
  for (const Setting& setting : found.settings) flat.add(setting.key, setting.value, setting.line);
  return flat.take();
}

const Tool optax{{"optax", "optax", "Python", optax_keys},
                 read_optax,
                 write_optax,
                 "import jax.numpy as jnp, numpy as np\n"
                 "rates = jnp.asarray(np.load(\"TABLE\"))\n"
                 "schedule = lambda count: rates[jnp.minimum(count, len(rates) - 1)]\n"};

}  // namespace scheduled::foreign
