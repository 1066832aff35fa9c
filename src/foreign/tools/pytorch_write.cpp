// Schedules as calls of torch.optim.lr_scheduler: one, or a SequentialLR of several.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "foreign/tools/written.hpp"

namespace scheduled::foreign {
namespace {

using TorchArguments = std::initializer_list<std::pair<std::string_view, double>>;

std::string torch_text(std::string_view name, TorchArguments arguments) {
  std::string text = concat({name, "(optimizer"});
  for (const auto& [key, value] : arguments) text += concat({", ", key, "=", format_number(value)});
  return text + ")";
}

/// A scheduler of the sequence, which begins with the leg's first rate.
std::string torch_leg(const Leg& leg, double peak) {
  const auto count = static_cast<double>(leg.count);
  const auto factor = [&](double rate) {
    return exactly(rate / peak, rate, [&](double share) { return share * peak; });
  };
  if (leg.curve == "hold")
    return torch_text("ConstantLR", {{"factor", factor(leg.from)}, {"total_iters", std::min(count, 1e15)}});
  if (leg.curve == "linear" && leg.from == peak && leg.to == 0.0)
    return torch_text("PolynomialLR", {{"total_iters", count}, {"power", 1.0}});
  if (leg.curve == "linear") {
    if (leg.from <= 0.0) cannot("has a LinearLR that begins above 0 only");
    return torch_text("LinearLR",
                      {{"start_factor", factor(leg.from)}, {"end_factor", factor(leg.to)}, {"total_iters", count}});
  }
  if (leg.from != peak) cannot(concat({"begins its ", leg.curve, " decay at the optimizer's lr"}));
  if (leg.curve == "cosine" && leg.exponent == 1.0)
    return torch_text("CosineAnnealingLR", {{"T_max", count}, {"eta_min", leg.to}});
  if (leg.curve == "polynomial" && leg.to == 0.0)
    return torch_text("PolynomialLR", {{"total_iters", count}, {"power", leg.power}});
  if (leg.curve == "exponential" && leg.half_life) {
    const auto gives = [](double gamma) { return std::numbers::ln2 / -std::log(gamma); };
    return torch_text("ExponentialLR", {{"gamma", exactly(std::exp2(-1.0 / *leg.half_life), *leg.half_life, gives)}});
  }
  cannot(concat({"has no scheduler like ", leg.curve, leg.curve == "polynomial" ? " to a rate above 0" : ""}));
}

/// A cosine up, a cosine down.
std::string torch_cycle(const Outline& outline) {
  if (!outline.whole() || !outline.ends() || outline.decay != "cosine" || !outline.start || *outline.start == 0.0)
    cannot("has a warmup along a cosine before a cosine down only");
  const auto steps = static_cast<double>(*outline.steps), rise = static_cast<double>(outline.warmup);
  const auto in_percent = [&](Rate rate) {
    return rate.unit == Rate::Unit::percent ? rate.value : rate.value / outline.peak * 100.0;
  };
  const double first = in_percent(*outline.schedule.spec().warmup.start), last = in_percent(outline.last_rate);
  if (last <= 0.0) cannot("has a cycle that ends above 0 only");
  const double div = exactly(100.0 / first, first, [](double one) { return 100.0 / one; });
  const double end = exactly(100.0 / last / div, last, [&](double one) { return 100.0 / (div * one); });
  const double share = exactly((rise + 1.0) / steps, rise, [&](double one) { return one * steps - 1.0; });
  return torch_text("OneCycleLR", {{"max_lr", outline.peak},
                                   {"total_steps", steps},
                                   {"pct_start", share},
                                   {"div_factor", div},
                                   {"final_div_factor", end}});
}

/// The stairs after the warmup: even ones of one factor, or times at each of the rates.
void add_torch_stairs(std::vector<Leg>& legs, const Outline& outline, const Piecewise& shape) {
  double rate = outline.peak;
  std::int64_t first = outline.warmup;
  for (std::size_t k = 0; k <= shape.milestones.size(); ++k) {
    const std::int64_t end =
        k < shape.milestones.size() ? outline.schedule.steps_done(shape.milestones[k]) : *outline.steps;
    if (end < first) cannot("has no stairs within the warmup");
    if (end > first) legs.push_back({.from = rate, .to = rate, .first = first, .end = end, .count = end - first});
    if (k < shape.milestones.size()) rate = outline.peak * shape.factors[k];
    first = end;
  }
}

/// Stairs of one factor; nothing where they are others.
std::optional<std::string> torch_even_stairs(const Outline& outline, const Piecewise& shape, std::int64_t warmup) {
  const double gamma = shape.factors.front();
  std::string steps;
  double factor = 1.0;
  for (std::size_t k = 0; k < shape.milestones.size(); ++k) {
    factor *= gamma;
    const std::int64_t step = outline.schedule.steps_done(shape.milestones[k]) - warmup;
    if (shape.factors[k] != factor || step < 0) return std::nullopt;
    steps += (steps.empty() ? "" : ", ") + std::to_string(step);
  }
  return concat({"MultiStepLR(optimizer, milestones=[", steps, "], gamma=", format_number(gamma), ")"});
}

/// Schedulers and their milestones, the first of which is 0.
std::vector<std::pair<std::int64_t, std::string>> torch_parts(const Outline& outline) {
  std::vector<std::pair<std::int64_t, std::string>> parts;
  std::int64_t warmup = outline.warmup;
  double start = outline.start.value_or(0.0) / outline.peak;
  if (const auto& said = outline.schedule.spec().warmup.start) start = share_in(*said, outline.peak);
  if (!outline.start && warmup > 0) start = 1.0 / static_cast<double>(warmup--);
  if (warmup > 0) {
    if (outline.warmup_curve != "linear") cannot("has a linear warmup, but for OneCycleLR");
    if (start <= 0.0) cannot("has a LinearLR that begins above 0 only; give the schedule a warmup_start above 0");
    parts.emplace_back(0,
                       torch_text("LinearLR", {{"start_factor", start}, {"total_iters", static_cast<double>(warmup)}}));
  }
  std::vector<Leg> legs = outline.legs;
  const ScheduleSpec& spec = outline.schedule.spec();
  if (const auto* const stairs = std::get_if<Piecewise>(&spec.shape)) {
    if (const auto even = torch_even_stairs(outline, *stairs, warmup)) {
      parts.emplace_back(warmup, *even);
      return parts;
    }
    add_torch_stairs(legs, outline, *stairs);
  } else if (const auto* const restarts = std::get_if<CosineRestarts>(&spec.shape); restarts && restarts->cycle) {
    const double low =
        restarts->low.unit == Rate::Unit::absolute ? restarts->low.value : outline.peak * restarts->low.value / 100.0;
    parts.emplace_back(warmup, torch_text("CosineAnnealingWarmRestarts",
                                          {{"T_0", static_cast<double>(outline.schedule.steps_done(*restarts->cycle))},
                                           {"T_mult", restarts->multiplier},
                                           {"eta_min", low}}));
    return parts;
  } else if (!outline.flat && legs.empty()) {
    cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  }
  if (legs.empty() && warmup > 0) return parts;
  const std::int64_t rest = outline.steps.value_or(std::int64_t{1} << 50U);
  if (legs.empty() || (legs.front().curve != "hold" && legs.front().first > outline.warmup + 1))
    parts.emplace_back(warmup, torch_text("ConstantLR", {{"factor", 1.0}, {"total_iters", static_cast<double>(rest)}}));
  for (const Leg& leg : legs) {
    const std::int64_t step = leg.curve == "hold" ? leg.first : leg.first - 1;
    if (step < warmup) cannot("begins no decay before the step after the warmup");
    if (!parts.empty() && parts.back().first == step) parts.pop_back();
    parts.emplace_back(step, torch_leg(leg, outline.peak));
  }
  return parts;
}

}  // namespace

Written write_pytorch(const Outline& outline) {
  Written written{.form = "Python", .settings = {}};
  if (outline.steps) written.updates = outline.updates();
  std::string text;
  if (outline.warmup > 0 && outline.warmup_curve == "cosine") {
    text = torch_cycle(outline);
    written.updates = outline.steps;
  } else {
    const auto parts = torch_parts(outline);
    std::string marks;
    for (const auto& [step, call] : parts) {
      text += (text.empty() ? "" : ",\n     ") + call;
      if (step > 0) marks += (marks.empty() ? "" : ", ") + std::to_string(step);
    }
    if (parts.size() > 1) text = concat({"SequentialLR(optimizer,\n    [", text, "],\n    milestones=[", marks, "])"});
  }
  written.code =
      concat({"from torch.optim.lr_scheduler import *\n"
              "optimizer = torch.optim.AdamW(parameters, lr=",
              format_number(outline.peak), ")\nscheduler = ", text, "\n"});
  return written;
}

}  // namespace scheduled::foreign
