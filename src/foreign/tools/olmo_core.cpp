// OLMo-core: update i is its step i + 1, so that step i has (i+1)/W in the warmup and the last update the last rate.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/calls.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array olmo_core_keys{
    ForeignKey{"optim.lr|lr", "", "the peak"},
    ForeignKey{"scheduler._CLASS_|scheduler.type|scheduler.name|scheduler.class_name|scheduler._target_", "",
               "the shape", true},
    ForeignKey{"scheduler.warmup|scheduler.warmup_steps", "", "length of the warmup", true},
    ForeignKey{"scheduler.t_warmup", "", "of OLMo before OLMo-core", true},
    ForeignKey{"scheduler.warmup_fraction", "", "the warmup as a share of the run", true},
    ForeignKey{"scheduler.warmup_min_lr", "0.0", "the rate that the warmup rises from", true},
    ForeignKey{"scheduler.decay|scheduler.decay_steps", "", "length of the decay", true},
    ForeignKey{"scheduler.decay_fraction", "0.1", "the decay as a share of the run", true},
    ForeignKey{"scheduler.decay_min_lr", "0.0", "last rate", true},
    ForeignKey{"scheduler.alpha_f", "0.1", "last rate as a share of the peak", true},
    ForeignKey{"scheduler.t_max", "", "where the decay ends; default: with the run", true},
    ForeignKey{"scheduler.b", "-0.51", "exponent of PowerLR", true},
    ForeignKey{"scheduler.units", "steps", "what lengths count: steps or tokens", true},
    ForeignKey{"scheduler.lr_field", "", "where the optimizer keeps the rate"},
    ForeignKey{"scheduler.initial_lr_field", "", "where the optimizer keeps the peak"},
    ForeignKey{"max_duration.value", "", "length of the run", true},
    ForeignKey{"max_duration.unit", "", "its unit: steps, tokens or epochs", true},
    ForeignKey{"data_loader.global_batch_size|global_batch_size", "", "tokens of an update"},
};

enum class Kind { constant, constant_warmup, linear, cosine, half_cosine, inverse_sqrt, wsd, power, cosine_linear };
struct Name {
  std::string_view class_name, registered;
  Kind kind;
};
constexpr std::array olmo_schedulers{
    Name{"ConstantScheduler", "constant", Kind::constant},
    Name{"ConstantWithWarmup", "constant_with_warmup", Kind::constant_warmup},
    Name{"LinearWithWarmup", "linear_with_warmup", Kind::linear},
    Name{"CosWithWarmup", "cos_with_warmup", Kind::cosine},
    Name{"HalfCosWithWarmup", "half_cos_with_warmup", Kind::half_cosine},
    Name{"InvSqrtWithWarmup", "inv_sqrt_with_warmup", Kind::inverse_sqrt},
    Name{"WSD", "wsd", Kind::wsd},
    Name{"PowerLR", "power_lr", Kind::power},
    Name{"CosWithWarmupAndLinearDecay", "cos_with_warmup_and_linear_decay", Kind::cosine_linear}};

Kind kind_of(Values& values) {
  constexpr std::string_view key = "scheduler._CLASS_";
  const std::string text = values.word(key);
  if (values.has("scheduler.t_warmup") || text == "cosine_with_warmup" || text == "linear_with_warmup_and_linear_decay")
    values.fail(key,
                "is of OLMo before OLMo-core, whose schedulers are others: write a spec, such as cosine(steps=N, "
                "warmup=t_warmup, warmup_start=10%, final=10%)");
  const std::string name = text.substr(text.find_last_of('.') + 1);
  std::vector<std::string_view> known;
  for (const Name& one : olmo_schedulers) {
    if (name == one.class_name || name == one.registered) return one.kind;
    known.push_back(one.class_name);
  }
  values.fail(key, must_be_one_of(name, known));
}

/// OlmoLengths in steps, of which those in tokens need not be whole.
struct OlmoLengths {
  double run = 0.0, warmup = 0.0, decay = 0.0, end = 0.0;
};

/// Of its step t = 1, 2, ...
double rate_at(Kind kind, double t, double peak, const OlmoLengths& n, double first, double share, double last,
               double b) {
  const double low = peak * share;
  const bool to_warmup = kind == Kind::wsd || kind == Kind::power || kind == Kind::constant_warmup;
  const auto rise = [&](double to) { return first + (to - first) * std::min(t, n.warmup) / n.warmup; };
  const auto cosine = [&](double at) {
    if (at < n.warmup) return first + (peak - first) * at / n.warmup;
    return at >= n.end ? low : low + (peak - low) * cosine_at((at - n.warmup) / (n.end - n.warmup));
  };
  const auto tail = [&](double from) { return last + (from - last) * std::min(n.run - t, n.decay) / n.decay; };
  if (kind == Kind::cosine_linear && t >= n.run - n.decay) return tail(cosine(n.run - n.decay));
  if (t < n.warmup || (to_warmup && t <= n.warmup))
    return rise(kind == Kind::half_cosine ? low + (peak - low) / 2.0 : peak);
  const bool ends = t >= n.run - n.decay;
  switch (kind) {
    case Kind::constant:
    case Kind::constant_warmup:
      return peak;
    case Kind::linear:
      return t >= n.end ? low : peak - (peak - low) * ((t - n.warmup) / (n.end - n.warmup));
    case Kind::cosine:
    case Kind::cosine_linear:
      return cosine(t);
    case Kind::half_cosine:
      return t >= n.end ? low : low + (peak - low) * cosine_at(0.5 + 0.5 * (t - n.warmup) / (n.end - n.warmup));
    case Kind::inverse_sqrt:
      return low + (peak - low) * std::sqrt(n.warmup / t);
    case Kind::wsd:
      return ends ? tail(peak) : peak;
    case Kind::power:
      return ends ? tail(peak * elementary::power((n.run - n.decay) / n.warmup, b))
                  : peak * elementary::power(t / n.warmup, b);
  }
  return peak;
}

Schedule spec_of(Kind kind, Course course, const OlmoLengths& n, double share, double last, double b) {
  const auto whole = [](double length) { return static_cast<std::int64_t>(length); };
  const std::int64_t updates = course.updates;
  const std::string steps = "steps=" + std::to_string(updates);
  course.decay = kind == Kind::linear ? "linear" : "cosine";
  course.last = share_of_peak(share);
  course.begin = whole(n.warmup) - 1;
  course.end = whole(n.end) - 1;
  const std::string warmup = warmup_key(course);
  if (kind == Kind::constant || kind == Kind::constant_warmup || updates <= course.warmup)
    return constant_of(course, updates);
  if (kind == Kind::linear || kind == Kind::cosine) return schedule_of(course);
  if (kind == Kind::wsd) {
    course.decay = "linear";
    course.last = absolute_lr(last);
    course.begin = updates - whole(n.decay) - 1;
    course.end = updates - 1;
    return schedule_of(course);
  }
  const std::string timescale = "timescale=" + std::to_string(whole(n.warmup));
  if (kind == Kind::inverse_sqrt) {
    return parse_spec("rsqrt",
                      {steps, peak_key(course.peak), warmup, timescale, "limit=" + print_rate(share_of_peak(share))});
  }
  const std::string cooldown =
      concat({"cooldown=", std::to_string(whole(n.decay)), ", decay=linear, final=", format_number(last)});
  if (kind == Kind::power) {
    return parse_spec("inverse-power",
                      {steps, peak_key(course.peak), warmup, timescale, "alpha=" + format_number(-b), cooldown});
  }
  const std::string low = print_rate(share_of_peak(share));
  const std::string length = std::to_string(course.end - course.begin);
  std::string pieces;
  if (kind == Kind::half_cosine) {
    const std::string from = print_rate(share_of_peak(share + (1.0 - share) / 2.0));
    const std::string begins =
        n.warmup > 0.0 ? concat({"hold at ", from, " over 1, half-cosine"}) : concat({"half-cosine from ", from});
    pieces = concat({begins, " to ", low, " over ", length});
  } else {
    pieces = concat({n.warmup > 0.0 ? "hold over 1, " : "", "cosine to ", low, " over ", length, " until ",
                     std::to_string(updates - whole(n.decay)), ", linear to ", format_number(last), " over ",
                     std::to_string(whole(n.decay))});
  }
  return parse_spec("stages", {peak_key(course.peak), warmup, concat({"pieces=[", pieces, "]"})});
}

double in_steps(Values& values, bool tokens, double length, std::string_view key) {
  if (!tokens) return length;
  if (!values.has("data_loader.global_batch_size")) {
    values.fail(key, "is in tokens, and global_batch_size, the tokens of an update, is missing");
  }
  return length / values.positive("data_loader.global_batch_size");
}

std::optional<std::int64_t> run_of(Values& values) {
  if (!values.has("max_duration.value")) return values.updates_if("max_duration.value");
  const std::string unit = values.has("max_duration.unit") ? values.word("max_duration.unit") : "steps";
  if (unit == "steps") return values.updates_if("max_duration.value");
  if (unit != "tokens") return std::nullopt;
  const double steps = in_steps(values, true, values.positive("max_duration.value"), "max_duration.value");
  return values.updates_or(static_cast<std::int64_t>(std::ceil(steps)));
}

Schedule read_olmo_core(Values& values) {
  const Kind kind = kind_of(values);
  Course course{.peak = values.positive("optim.lr")};
  const auto run = run_of(values);
  course.updates = run ? *run : values.updates("max_duration.value");
  values.make_updates(course.updates);
  const std::string units = values.word("scheduler.units");
  const bool tokens = units == "tokens" || units == "SchedulerUnits.tokens";
  OlmoLengths n{.run = static_cast<double>(course.updates)};
  if (tokens && values.has("max_duration.value")) {
    n.run = in_steps(values, true, values.positive("max_duration.value"), "max_duration.value");
  }
  n.end = n.run;
  if (const bool ends =
          kind == Kind::linear || kind == Kind::cosine || kind == Kind::half_cosine || kind == Kind::cosine_linear;
      ends) {
    if (const auto end = values.number_if("scheduler.t_max")) n.end = in_steps(values, tokens, *end, "scheduler.t_max");
  }
  double first = 0.0;
  if (kind != Kind::constant) {
    values.exclude("scheduler.warmup_fraction", "scheduler.warmup", "OLMo-core refuses both");
    if (values.has("scheduler.warmup_fraction")) {
      n.warmup = std::nearbyint(n.end * values.share("scheduler.warmup_fraction"));
    } else {
      if (!values.has("scheduler.warmup"))
        values.fail("scheduler.warmup", "is missing: OLMo-core needs it or warmup_fraction");
      n.warmup = in_steps(values, tokens, values.non_negative("scheduler.warmup"), "scheduler.warmup");
    }
    first = values.non_negative("scheduler.warmup_min_lr");
  }
  double last = 0.0;
  if (kind == Kind::wsd || kind == Kind::power || kind == Kind::cosine_linear) {
    const bool steps = values.has("scheduler.decay");
    if (steps)
      values.exclude("scheduler.decay_fraction", "scheduler.decay",
                     "OLMo-core refuses both (decay_fraction must be null)");
    n.decay = steps ? in_steps(values, tokens, values.non_negative("scheduler.decay"), "scheduler.decay")
                    : std::nearbyint(n.run * values.share("scheduler.decay_fraction"));
    last = values.non_negative("scheduler.decay_min_lr");
  }
  const bool falls = kind == Kind::linear || kind == Kind::cosine || kind == Kind::half_cosine ||
                     kind == Kind::cosine_linear || kind == Kind::inverse_sqrt;
  const double share = falls ? values.share("scheduler.alpha_f") : 0.0;
  const double b = kind == Kind::power ? values.number("scheduler.b") : 0.0;
  if (kind == Kind::power && b >= 0.0) values.fail("scheduler.b", "must be below 0");
  const double top = kind == Kind::half_cosine ? course.peak * (share + (1.0 - share) / 2.0) : course.peak;
  if (first >= top) values.fail("scheduler.warmup_min_lr", "must be below the rate that the warmup rises to");
  course.warmup = n.warmup > 1.0 ? static_cast<std::int64_t>(n.warmup) - 1 : 0;
  const double start = n.warmup > 0.0 ? first + (top - first) / n.warmup : first;
  course.start = first == 0.0 && n.warmup > 0.0 ? Rate{percent_of_peak(100.0 * (top / course.peak) / n.warmup)}
                                                : absolute_lr(start);
  const bool whole = std::floor(n.warmup) == n.warmup && std::floor(n.decay) == n.decay && std::floor(n.end) == n.end &&
                     std::floor(n.run) == n.run;
  const bool root = kind == Kind::inverse_sqrt || kind == Kind::power;
  const bool crossed = (n.decay > 0.0 && n.run - n.decay < std::max(n.warmup, 1.0)) ||
                       (kind == Kind::cosine_linear && (n.end < n.run - n.decay || n.run - n.decay <= n.warmup));
  const bool no_tail = n.decay == 0.0 && (kind == Kind::power || kind == Kind::cosine_linear);
  if (!whole || crossed || no_tail || (root && n.warmup < 1.0) || (kind == Kind::half_cosine && n.end != n.run) ||
      n.end <= n.warmup) {
    return table_of(values, course.updates, [&](std::int64_t i) {
      return rate_at(kind, static_cast<double>(i + 1), course.peak, n, first, share, last, b);
    });
  }
  return spec_of(kind, course, n, share, last, b);
}

/// Duration.tokens(N) as what a configuration in YAML has; within other calls, too.
Json with_durations(const Json& value, int depth) {
  if (name_of_call(value).empty() || depth > deepest) return value;
  constexpr std::string_view duration = "Duration.";
  const std::string name = value.find(called)->text();
  const std::size_t at = name.rfind(duration);
  const Json* const length = argument_of(value, "value", "0");
  if (at != std::string::npos && length != nullptr)
    return Json::object({{"value", *length}, {"unit", name.substr(at + duration.size())}});
  Json opened = Json::object();
  for (const auto& [key, member] : value.members()) opened.add(key, with_durations(member, depth + 1));
  return opened;
}

/// Its scripts are calls in Python.
Config open_olmo_core(const Config& config) {
  Config found{config.form, {}};
  for (const Setting& setting : config.settings)
    found.settings.push_back({setting.key, with_durations(setting.value, 0), setting.line});
  return open_calls(found);
}

}  // namespace

const Tool olmo_core{
    {"olmo-core", "OLMo-core", "YAML, JSON, flags, Python", olmo_core_keys},
    read_olmo_core,
    write_olmo_core,
    "import numpy as np\n"
    "rates = np.load(\"TABLE\")\n"
    "class Rates(Scheduler):  # of olmo_core.optim.scheduler, a dataclass\n"
    "    def get_lr(self, initial_lr, current, t_max): return float(rates[min(current, len(rates)) - 1])\n",
    nullptr,
    open_olmo_core};

}  // namespace scheduled::foreign
