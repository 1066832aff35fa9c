// Schedules as NeMo's model.optim.sched, whose max_steps is the trainer's.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

/// The floor, which two of them have; 0 where there is none.
double nemo_floor(const Outline& outline) {
  const Rate floor = outline.schedule.spec().floor;
  return floor.unit == Rate::Unit::absolute ? floor.value : outline.peak * floor.value / 100.0;
}

/// Noam's peak, as a rate for a d_model of 1; exact where the spec came from one.
Written write_nemo_noam(const Outline& outline, const Rsqrt& shape) {
  const auto rise = static_cast<double>(outline.warmup);
  const bool plain = shape.timescale && shape.timescale->value == rise && outline.delay == (outline.warmup > 1 ? 1 : 0);
  if (!plain || !outline.start || outline.warmup < 1) cannot("has nothing like this rsqrt");
  Written written{.form = "YAML", .settings = {}};
  written.updates = outline.steps;
  const std::string sched = "model.optim.sched.";
  written.add("model.optim.lr",
              exactly(outline.peak * std::sqrt(rise), outline.peak, [&](double lr) { return lr / std::sqrt(rise); }));
  written.add(sched + "name", std::string("NoamAnnealing"));
  written.add(sched + "d_model", 1);
  written.add(sched + "warmup_steps", outline.warmup);
  written.add(sched + "min_lr", nemo_floor(outline));
  written.add("trainer.max_steps", *written.updates);
  return written;
}

/// The name of a decay that begins after the warmup, or after a time at the peak.
std::string nemo_decay(const Outline& outline) {
  if (outline.decay == "cosine") {
    if (!outline.whole()) cannot("has no cosine that begins after a time at the peak");
    return "CosineAnnealing";
  }
  const bool floored = outline.schedule.spec().floor.value > 0.0;
  if (outline.decay == "1-sqrt") {
    if (outline.last != 0.0) cannot("has a 1-sqrt to 0 only, with a floor");
    return "WarmupHoldAnnealOneMinusSquareRoot";
  }
  if (outline.decay == "polynomial" && outline.power == 2.0 && outline.last == 0.0 && outline.whole())
    return "SquareAnnealing";
  if (outline.decay == "polynomial" && outline.power == 0.5 && outline.last == 0.0 && outline.begin == 0 && floored)
    return "SquareRootAnnealing";
  if (outline.decay == "linear") return outline.whole() ? "WarmupAnnealing" : "WarmupHoldAnnealLinear";
  return outline.whole() ? "PolynomialDecayAnnealing" : "PolynomialHoldDecayAnnealing";
}

/// The shape with its keys, but for the warmup and the run.
void write_nemo_shape(Written& written, const Outline& outline, const std::string& sched) {
  if (std::holds_alternative<Rsqrt>(outline.schedule.spec().shape))
    return written.add(sched + "name", std::string("InverseSquareRootAnnealing"));
  if (const auto* const power = std::get_if<InversePower>(&outline.schedule.spec().shape)) {
    written.add(sched + "name", std::string("NoamHoldAnnealing"));
    written.add(sched + "decay_rate", power->alpha);
    return written.add(sched + "min_lr", nemo_floor(outline));
  }
  if (outline.decay.empty()) return written.add(sched + "name", std::string("WarmupPolicy"));
  const std::string name = nemo_decay(outline);
  const bool floors = name.find("Square") != std::string::npos;
  written.add(sched + "name", name);
  written.add(sched + "min_lr", floors ? nemo_floor(outline) : outline.last);
  if (name.starts_with("Polynomial")) written.add(sched + "power", outline.power);
  if (name.find("Hold") != std::string::npos) written.add(sched + "hold_steps", outline.begin - outline.warmup);
  if (name != "CosineAnnealing") {
    if (outline.end != *written.updates) cannot("ends its decay with the run");
    return;
  }
  // With a time at the last rate the cosine's warmup is Megatron-LM's, from 0.
  const bool from_zero = outline.warmup > 0 && outline.start == 0.0;
  if (from_zero || *written.updates > outline.end) {
    if (outline.warmup > 0 && !from_zero) cannot("ends its cosine with the run where the warmup begins above 0");
    written.updates = std::max(*written.updates, outline.end + 1);
    written.add(sched + "constant_steps", *written.updates - outline.end);
  } else if (outline.end != *written.updates) {
    cannot("ends its decay with the run");
  }
}

}  // namespace

Written write_nemo(const Outline& outline) {
  const ScheduleSpec& spec = outline.schedule.spec();
  const auto* const root = std::get_if<Rsqrt>(&spec.shape);
  const bool shape = root != nullptr || (std::holds_alternative<InversePower>(spec.shape) && outline.decay.empty());
  if (!outline.steps || !shape) needs_course(outline, "max_steps");
  if (root != nullptr && root->timescale && root->timescale->value == static_cast<double>(outline.warmup))
    return write_nemo_noam(outline, *root);
  if (!shape) needs_decay(outline, {"linear", "cosine", "polynomial", "1-sqrt"});
  if (!outline.decay.empty() && outline.begin < outline.warmup)
    cannot("begins no decay before the step after the warmup");
  if (outline.warmup > 0 && !outline.start)
    cannot("begins its warmup at 1/(W+1) of the peak and reaches it at step W; give the schedule warmup_start");
  Written written{.form = "YAML", .settings = {}};
  written.updates = outline.updates();
  const std::string sched = "model.optim.sched.";
  written.add("model.optim.lr", outline.peak);
  write_nemo_shape(written, outline, sched);
  written.add(sched + "warmup_steps", outline.warmup);
  written.add("trainer.max_steps", *written.updates);
  return written;
}

}  // namespace scheduled::foreign
