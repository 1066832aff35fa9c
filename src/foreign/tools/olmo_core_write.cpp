// Schedules as OLMo-core's schedulers, whose update i is their step i + 1.
#include <algorithm>

#include "base/error.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

/// The warmup in OLMo-core's steps, and the rate that it rises from where that is not 0.
struct OlmoRise {
  std::int64_t steps = 0;
  double from = 0.0;
};

/// To the rate `top`; `steps`: of the warmup where ours has none.
OlmoRise rise_of(const Outline& outline, double top, std::int64_t steps) {
  if (outline.warmup == 0) return {steps, 0.0};
  if (!outline.start) return {outline.warmup, 0.0};
  OlmoRise rise{outline.warmup + 1, 0.0};
  const auto n = static_cast<double>(rise.steps);
  const Rate start = *outline.schedule.spec().warmup.start;
  if (start == percent_of_peak(100.0 * (top / outline.peak) / n)) return rise;
  const auto gives = [&](double from) { return from + (top - from) / n; };
  rise.from = std::max(exactly((*outline.start - top / n) / (1.0 - 1.0 / n), *outline.start, gives), 0.0);
  return rise;
}

/// Writes keys of the scheduler.
class OlmoWriter {
 public:
  OlmoWriter(Written& written, const Outline& outline) : written_(written), outline_(outline) {}

  void write() {
    const ScheduleSpec& spec = outline_.schedule.spec();
    if (const auto* const root = std::get_if<Rsqrt>(&spec.shape)) {
      name("InvSqrtWithWarmup");
      add("alpha_f", share_in(root->limit, outline_.peak));
      count_warmup(root->timescale);
    } else if (const auto* const power = std::get_if<InversePower>(&spec.shape)) {
      if (outline_.decay != "linear") cannot("has a power that ends with a linear cooldown");
      name("PowerLR");
      add("b", -power->alpha);
      count_warmup(power->timescale);
      tail(outline_.length(), outline_.last);
    } else if (!outline_.legs.empty() && !outline_.flat) {
      pieces();
    } else {
      if (!outline_.flat) cannot(concat({"has nothing like ", schedule_name(outline_.schedule)}));
      needs_decay(outline_, {"linear", "cosine"});
      course();
    }
    const OlmoRise rise = rise_of(outline_, top_, steps_);
    add("warmup", rise.steps);
    if (rise.from > 0.0) add("warmup_min_lr", rise.from);
  }

 private:
  void name(std::string_view text) { add("_CLASS_", concat({"olmo_core.optim.scheduler.", text})); }
  void add(std::string_view key, Json value) {
    written_.add(concat({"train_module.scheduler.", key}), std::move(value));
  }
  void tail(std::int64_t length, double last) {
    add("decay", length);
    add("decay_fraction", Json());
    add("decay_min_lr", last);
  }

  /// Of a root, whose timescale is the warmup.
  void count_warmup(const std::optional<Duration>& timescale) {
    if (timescale && timescale->unit == Duration::Unit::steps) steps_ = static_cast<std::int64_t>(timescale->value);
  }

  void course() {
    if (outline_.decay.empty()) return name("ConstantWithWarmup");
    if (outline_.whole() || outline_.begin == -1) {
      name(outline_.decay == "linear" ? "LinearWithWarmup" : "CosWithWarmup");
      add("alpha_f", outline_.last_share);
      steps_ = outline_.begin + 1;
      if (outline_.end + 1 != *outline_.steps) add("t_max", outline_.end + 1);
    } else if (outline_.decay == "linear" && outline_.ends()) {
      name("WSD");
      tail(outline_.length(), outline_.last);
    } else {
      cannot(concat({"has no ", outline_.decay, " decay after a time at the peak that ends ",
                     outline_.ends() ? "with the run" : "otherwise than with the run"}));
    }
  }

  /// The share that makes `from` the rate half-way between it and the peak.
  double half_way_share(Rate last, Rate from) const {
    const double share = share_in(last, outline_.peak);
    if (from.unit != Rate::Unit::percent) return share;
    return exactly(share, from.value,
                   [&](double one) { return share_of_peak(one) == last ? 100.0 * (one + (1.0 - one) / 2.0) : -1.0; });
  }

  /// The second half of a cosine, or a cosine that is left for a line.
  void pieces() {
    const auto& pieces = std::get<Stages>(outline_.schedule.spec().shape).pieces;
    std::vector<Leg> legs = outline_.legs;
    if (legs.front().curve == "hold" && legs.front().end - legs.front().first == 1) legs.erase(legs.begin());
    const std::size_t skipped = outline_.legs.size() - legs.size();
    if (legs.empty()) cannot("has nothing like these stages");
    const Leg& first = legs.front();
    const Rate last = pieces[skipped].to.value_or(Rate{});
    const double low = share_in(last, outline_.peak);
    steps_ = static_cast<std::int64_t>(skipped);
    if (legs.size() == 1 && first.curve == "half-cosine") {
      name("HalfCosWithWarmup");
      const double share = half_way_share(last, pieces.front().from.value_or(Rate{}));
      add("alpha_f", share);
      top_ = outline_.peak * (share + (1.0 - share) / 2.0);
    } else if (legs.size() == 2 && first.curve == "cosine" && first.exponent == 1.0 && legs[1].curve == "linear") {
      name("CosWithWarmupAndLinearDecay");
      add("alpha_f", low);
      if (first.first + first.count != *outline_.steps) add("t_max", first.first + first.count);
      tail(legs[1].count, legs[1].to);
    } else {
      cannot("has nothing like these stages");
    }
  }

  Written& written_;
  const Outline& outline_;
  double top_ = outline_.peak;
  std::int64_t steps_ = 0;  ///< of the warmup where ours has none
};

}  // namespace

Written write_olmo_core(const Outline& outline) {
  if (!outline.steps) cannot("needs max_duration, and the schedule has no horizon; give it steps=N");
  Written written{.form = "YAML", .settings = {}};
  written.updates = *outline.steps;
  written.add("train_module.optim.lr", outline.peak);
  OlmoWriter(written, outline).write();
  written.add("trainer.max_duration.value", *outline.steps);
  written.add("trainer.max_duration.unit", std::string("steps"));
  return written;
}

}  // namespace scheduled::foreign
