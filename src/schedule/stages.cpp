// Where the pieces of `stages` lie, and their rates.
#include "schedule/shapes/stages.hpp"

#include "base/error.hpp"
#include "schedule/fill_kernels.hpp"
#include "schedule/keys.hpp"
#include "schedule/resolved.hpp"

namespace scheduled {
namespace {

/// What comes before the first piece.
struct Head {
  std::shared_ptr<const ResolvedSchedule> after;
  std::int64_t end;
};

/// What a schedule before the pieces must not say.
void check_inner(const ScheduleSpec& inner) {
  const auto reject = [](std::string_view key) {
    fail_argument("after", concat({"says ", key, ", which must be said outside of after=(...), of the whole"}));
  };
  if (inner.peak != 1.0) reject("peak");
  if (inner.step_size.tokens != 0.0) reject("tokens_per_step");
  if (inner.step_size.examples != 0.0) reject("batch");
  if (inner.step_size != StepSize{}) reject("seq_length");
  if (inner.clock != Clock::steps) reject("clock");
}

/// The first step after what comes before the pieces.
std::int64_t leaves_at(const Stages& shape, const ScheduleSpec& inner, const Timeline& timeline,
                       std::optional<std::int64_t> steps) {
  if (!shape.at) {
    if (steps) return *steps;
    fail_argument("at", concat({"must be given, for ", name_of(inner).name, " has no end"}));
  }
  if (shape.at->unit == Duration::Unit::percent && !steps) {
    fail_value("at", print_duration(*shape.at), concat({"is a share of ", name_of(inner).name, ", which has no end"}));
  }
  const std::int64_t end = timeline.after("at", *shape.at, steps);
  if (end < 1 || (steps && end > *steps)) {
    fail_value("at", print_duration(*shape.at), "must be at least 1 step, and not past the end of after=...");
  }
  return end;
}

Head head_of(const Stages& shape, const ScheduleSpec& spec, const Timeline& timeline, std::int64_t warmup) {
  if (!shape.after) {
    if (shape.at) fail_argument("at", "is where after=... is left, which is missing");
    return {{}, warmup};
  }
  ScheduleSpec inner = *shape.after;
  check_inner(inner);
  if (spec.warmup != Warmup{}) fail_argument("warmup", "must be given within after=..., which comes first");
  inner.peak = spec.peak;
  inner.step_size = spec.step_size;
  inner.clock = spec.clock;
  const auto after = within_after([&] { return resolve(inner); });
  return {after, leaves_at(shape, inner, timeline, after->time.steps)};
}

class Places {
 public:
  Places(const Stages& shape, const Timeline& timeline, std::optional<std::int64_t> steps,
         std::optional<std::int64_t> end)
      : shape_(shape), timeline_(timeline), steps_(steps), end_(end) {}

  std::vector<StagePlace> from(std::int64_t begin) const {
    if (shape_.pieces.empty()) fail_value("pieces", "[]", "must hold at least one");
    std::vector<StagePlace> places;
    for (std::size_t k = 0; k < shape_.pieces.size(); ++k) {
      const Stage& piece = shape_.pieces[k];
      const bool last = k + 1 == shape_.pieces.size();
      places.push_back(within_piece(piece, k, [&] { return place(piece, begin, last); }));
      if (!last) begin = *places.back().end;
    }
    return places;
  }

 private:
  StagePlace place(const Stage& piece, std::int64_t begin, bool last) const {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    std::optional<std::int64_t> over, end;
    if (piece.over) {
      over = timeline_.after("over", *piece.over, steps_, begin);
      if (*over < 1) fail_value("over", print_duration(*piece.over), "must be at least 1 step");
      end = begin + *over;
    }
    if (piece.until) {
      const std::int64_t mark = timeline_.after("until", *piece.until, steps_);
      if (mark <= begin || (end && mark > *end)) {
        fail_value("until", print_duration(*piece.until),
                   concat({"must be after step ", std::to_string(begin), ", where the piece begins",
                           end ? concat({", and not past its end, ", std::to_string(*end)}) : std::string()}));
      }
      end = mark;
    }
    if (!end && !last) fail_argument("over", "must be given, or until: only the last piece takes the rest");
    if (!end && !std::holds_alternative<Stage::Hold>(piece.curve)) {
      if (!end_) {
        throw NeedsHorizon({.name = "over", .requirement = "must be given, or steps=... for the rest of the run"});
      }
      end = std::max(*end_, begin + 1);
    }
    if (end && *end > most) fail_argument("over", "the pieces end after more than 2^53 steps");
    return {begin, end, over.value_or(end.value_or(begin + 1) - begin)};
  }

  const Stages& shape_;
  const Timeline& timeline_;
  std::optional<std::int64_t> steps_, end_;  // of the run, and of what is before its cooldown
};

std::vector<StagePlace> places_of(const Stages& shape, const Timeline& timeline, const Layout& layout,
                                  std::int64_t begin) {
  std::optional<std::int64_t> end;
  if (layout.steps) end = *layout.steps - layout.cooldown_steps;
  return Places(shape, timeline, layout.steps, end).from(begin);
}

/// A share may be above the peak: which of its levels is called the peak is the user's choice.
double any_rate(Resolver& resolver, std::string_view key, Rate rate) {
  const double limit_share = rate.unit == Rate::Unit::percent ? std::numeric_limits<double>::infinity() : 1.0;
  return resolver.finite(resolver.rate(key, rate, limit_share), key);
}

/// "hold at RATE" holds there; others go from a rate.
std::string_view word_of_from(const Stage& stage) {
  return std::holds_alternative<Stage::Hold>(stage.curve) ? "at" : "from";
}

StageRates::Piece compile_piece(const Stage& stage, const StagePlace& place, double before, Resolver& resolver) {
  StageRates::Piece piece{static_cast<double>(place.begin), FlatRate{before}};
  const double from = stage.from ? any_rate(resolver, word_of_from(stage), *stage.from) : before;
  const auto count = static_cast<double>(place.count);
  if (const auto* const decay = std::get_if<Decay>(&stage.curve)) {
    const Rate said = stage.to.value_or(Rate{});
    Descent descent{static_cast<double>(place.begin), count, from, any_rate(resolver, "to", said), said};
    descent.key = "to";
    piece.curve.emplace<2>(compiled::compile<compiled::Decay>(*decay, descent, resolver));
  } else if (const auto* const rise = std::get_if<Stage::Rewarm>(&stage.curve)) {
    resolver.check(rise->curve);
    const Rate said = stage.to.value_or(percent_of_peak(100));
    const double to = any_rate(resolver, "to", said);
    if (to < from * (1.0 - 1e-15)) {
      fail_value("to", print_rate(said),
                 concat({"is below the rate before it, ", format_number(from), ", and rewarm goes up; write linear to ",
                         print_rate(said)}));
    }
    const Climb climb{from, to, count, 1.0, 0.0};
    piece.curve.emplace<1>(compiled::compile<compiled::Warmup>(rise->curve, climb));
  } else {
    piece.curve.emplace<0>(FlatRate{from});
  }
  return piece;
}

}  // namespace

double StageRates::rate_before(double i) const noexcept {
  if (!after) return before;
  return i < static_cast<double>(after->end) ? after->rate(i) : after->last;
}

void StageRates::fill(std::int64_t first, std::span<double> out) const {
  const auto take = [&](double end) {
    const double wanted = std::clamp(end - static_cast<double>(first), 0.0, static_cast<double>(out.size()));
    const std::span<double> part = out.first(static_cast<std::size_t>(wanted));
    out = out.subspan(part.size());
    return part;
  };
  const std::span<double> head = take(pieces.front().begin);
  if (after) {
    after->fill(first, head);
  } else {
    std::fill(head.begin(), head.end(), before);
  }
  first += static_cast<std::int64_t>(head.size());
  for (std::size_t k = 0; k < pieces.size() && !out.empty(); ++k) {
    const bool last = k + 1 == pieces.size();
    const std::span<double> part = take(last ? std::numeric_limits<double>::infinity() : pieces[k + 1].begin);
    const std::int64_t since = first - static_cast<std::int64_t>(pieces[k].begin);
    if (const auto* const flat = std::get_if<0>(&pieces[k].curve)) std::fill(part.begin(), part.end(), flat->peak);
    if (const auto* const rise = std::get_if<1>(&pieces[k].curve)) kernels::fill(*rise, since, part);
    if (const auto* const decay = std::get_if<2>(&pieces[k].curve)) kernels::fill(*decay, since + 1, part);
    first += static_cast<std::int64_t>(part.size());
  }
}

std::optional<std::int64_t> Part<Stages>::own_steps(const Stages& shape, const ScheduleSpec& spec) {
  if (spec.steps || spec.cooldown || shape.pieces.empty()) return std::nullopt;
  if (!shape.pieces.back().over && !shape.pieces.back().until) return std::nullopt;
  const Timeline timeline(spec.step_size, spec.clock);
  const std::int64_t warmup = timeline.after("warmup", spec.warmup.length, std::nullopt);
  const std::int64_t begin = head_of(shape, spec, timeline, warmup).end;
  return Places(shape, timeline, std::nullopt, std::nullopt).from(begin).back().end;
}

std::vector<StagePlace> Part<Stages>::places(const Stages& shape, const ScheduleSpec& spec, const Layout& layout) {
  const Timeline timeline(spec.step_size, spec.clock);
  return places_of(shape, timeline, layout, head_of(shape, spec, timeline, layout.warmup_steps).end);
}

StageRates Part<Stages>::compile(const Stages& shape, Resolver& resolver) {
  const Layout& layout = resolver.layout;
  Head head = head_of(shape, resolver.spec, resolver.timeline, layout.warmup_steps);
  const std::vector<StagePlace> places = places_of(shape, resolver.timeline, layout, head.end);
  StageRates out{std::move(head.after), resolver.peak, {}};
  if (out.after) {
    out.before = out.rate_before(static_cast<double>(head.end - 1));
    resolver.proportional = resolver.proportional && out.after->proportional;
    resolver.smallest_peak = std::max(resolver.smallest_peak, out.after->smallest_peak);
  } else if (shape.pieces.front().from) {
    out.before = within_piece(shape.pieces.front(), 0, [&] {
      return any_rate(resolver, word_of_from(shape.pieces.front()), *shape.pieces.front().from);
    });
  }
  double rate = out.before;
  for (std::size_t k = 0; k < places.size(); ++k) {
    out.pieces.push_back(
        within_piece(shape.pieces[k], k, [&] { return compile_piece(shape.pieces[k], places[k], rate, resolver); }));
    if (!places[k].end) return out;
    rate = out.pieces.back()(static_cast<double>(*places[k].end - 1));
  }
  out.pieces.push_back({static_cast<double>(*places.back().end), FlatRate{rate}});
  return out;
}

}  // namespace scheduled
