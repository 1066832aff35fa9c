// What the file of a shape, a decay or a warmup is made of: its keys, what is true of it, and how it is compiled, that
// is checked and turned into a functor, as a rule a lambda, with all numbers filled in. Schedule::lr calls that functor
// and Schedule::fill loops over it, so that both run the very same operations.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "schedule/nature.hpp"
#include "schedule/timeline.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// A key of the spec language: reader, writer, help and the tables of the guide go over these. Its default is that of
/// the member.
template <class Member>
struct Key {
  std::string_view key;
  Member member;
  std::string_view meaning;
  std::string_view needed = {};  ///< where it must be given: an example, "power=2"
  bool quiet = false;            ///< not printed where it has its default
};
template <class Member>
Key(std::string_view, Member, std::string_view, std::string_view = {}, bool = false) -> Key<Member>;

/// Lengths in steps and rates in absolute LR for the parts of one schedule; every error names its key and value. Of
/// another clock than steps (Clock), what is called a step here is one token or example, and parts need not know.
class Resolver {
 public:
  Resolver(const ScheduleSpec& said, const Layout& where, const Timeline& time)
      : spec(said), layout(where), timeline(time) {}

  /// Of a length that begins at step `begin`, and at least one step.
  std::int64_t steps(std::string_view key, Duration duration, std::int64_t begin = 0) const;
  std::int64_t some_steps(std::string_view key, Duration duration, std::int64_t begin = 0) const;
  double length(std::string_view key, const RealDuration& duration, double begin) const;  ///< not rounded, > 0

  /// Absolute LR of `rate`; notes what an absolute rate means for other peaks. `limit_share` is the shape's value where
  /// the rate is used: an absolute rate may not exceed peak * limit_share.
  double rate(std::string_view key, Rate rate, double limit_share = 1.0, std::string_view limit_name = "peak");

  /// Throws where the clock is none of steps and the curve is.
  void check(const WarmupCurve& curve) const;

  /// `rate`, which is the peak times `what`; throws where that is beyond the range of numbers.
  double finite(double rate, std::string_view what) const;

  const ScheduleSpec& spec;
  const Layout& layout;
  const Timeline& timeline;
  double peak = spec.peak;
  double warmup = static_cast<double>(layout.warmup_steps);  ///< W
  bool proportional = true;                                  ///< no absolute rate was seen
  double smallest_peak = 0.0;
};

/// call() for the k-th entry of a list: its error tells k.
template <class Call>
auto at_entry(std::size_t k, const Call& call) {
  try {
    return call();
  } catch (const NeedsHorizon& error) {
    throw NeedsHorizon(error.entry(static_cast<std::int64_t>(k)).fields());
  } catch (const ArgumentError& error) {
    throw error.entry(static_cast<std::int64_t>(k));
  }
}

/// What the file of each says: `Part<Triangular>`, `Part<LinearDecay>`, `Part<LinearWarmup>`.
template <class T>
struct Part;

/// Whether a schedule of this shape has a cooldown of its own name: never, always, or where `cooldown` is given.
enum class Cools { never, always, optionally };

/// What is true of a shape where it differs from most.
struct ShapeTraits {
  bool flat = false;              ///< 1 throughout: goes by the names of its cooldown, too
  bool rises = false;             ///< from the first step on by itself: no warmup before it
  bool holds_warmup = false;      ///< the warmup's length is a parameter of the shape: no start of its own
  bool holds_cooldown = false;    ///< the shape itself cools down
  bool holds_rates = false;       ///< its values are learning rates, so that the peak is known
  bool peak_is_factor = false;    ///< of rates of its own, and not the largest of them
  bool needs_steps = false;       ///< is nothing without a horizon
  bool needs_real_steps = false;  ///< is one of steps, on no other clock
  bool begins_below = false;      ///< step W has already left the rate that the warmup rises to
  Cools cools = Cools::optionally;
};

struct ShapeDefaults {
  static constexpr std::string_view example = {};  ///< empty: its name, with the keys that it needs
  static constexpr std::string_view source = {};
  static constexpr std::tuple<> parameters = {};
  static constexpr ShapeTraits traits = {};
  static Decay usual_decay() { return LinearDecay{}; }
  template <class Shape>
  static std::optional<std::int64_t> own_steps(const Shape&, const ScheduleSpec&) {
    return std::nullopt;  ///< the horizon that it brings along
  }
  template <class Shape>
  static std::optional<double> absolute_end(const Shape&) {
    return std::nullopt;  ///< the LR that it ends at whatever the peak is
  }
  template <class Shape>
  static bool is_plan(const Shape&) {
    return false;  ///< its rates are those of a whole run, which need no cooldown
  }
  template <class Shape>
  static bool rises_again(const Shape&) {
    return false;  ///< after a way down, as it is meant to
  }
  template <class Shape>
  static std::vector<NamedRate> rates_to_reach(const Shape&) {
    return {};  ///< that it names and comes down to
  }
};

// Decays -------------------------------------------------------------------------------------------------------------

/// Where a decay takes place: from `start`, the rate before it, to `final` on step j = count.
struct Descent {
  double begin;  ///< its first step, j = 1
  double count;
  double start;
  double final;
  Rate said;                 ///< the final rate in the user's words
  std::string because = {};  ///< why it is this decay, where nobody said so
  std::string_view key = "final";
};

/// For decays that never reach 0.
void require_final(const Descent& descent, std::string_view decay, std::string_view alternative = {});

/// final/start; throws where that is not finite, or rounds to 0.
double ratio_of(const Descent& descent, std::string_view decay);

struct DecayDefaults {
  static constexpr std::string_view example = {};  ///< of a schedule over the whole run; empty: as of shapes
  static constexpr std::string_view source = {};
  static constexpr std::tuple<> parameters = {};
  template <class D>
  static KnownDecay known(const D&) {
    return {};
  }
  template <class D>
  static bool has_final(const D&) {
    return true;  ///< it comes down to the final rate
  }
};

/// final + (start - final) Fraction(x, z), with x = j/C and z = 1 - x, both correctly rounded: no cancellation near the
/// end, and exactly `final` at j = C because every Fraction vanishes at z = 0.
template <class Fraction>
struct Affine {
  double count;
  double start;
  double final;
  Fraction fraction;
  double operator()(double j) const noexcept {
    return final + (start - final) * fraction(j / count, (count - j) / count);
  }
};
template <class Fraction>
Affine<Fraction> affine(const Descent& descent, Fraction fraction) {
  return {descent.count, descent.start, descent.final, fraction};
}

// Warmups ------------------------------------------------------------------------------------------------------------

/// Where a warmup takes place: step i = delay + k has the share (k + offset)/count of the way from `from` to `to`;
/// those before are at `from`.
struct Climb {
  double from;
  double to;
  double count;
  double offset;  ///< 1: the last warmup step is at the peak; 0: the step after it
  double delay;
};

struct WarmupDefaults {
  static constexpr std::tuple<> parameters = {};
};

/// `share` of the way; exactly `to` at its end, which the sum may miss.
inline double on_the_way(double from, double to, double share) noexcept {
  const double rate = from + (to - from) * share;
  return share < 1.0 ? rate : to;
}

/// from + (to - from) Share(x), x the share of the way.
template <class Share>
struct Rising {
  double from;
  double to;
  double count;
  double ahead;  // offset - delay
  Share share;
  double operator()(double i) const noexcept {
    const double k = i + ahead;
    return on_the_way(from, to, share((k > 0.0 ? k : 0.0) / count));
  }
};
template <class Share>
Rising<Share> rising(const Climb& climb, Share share) {
  return {climb.from, climb.to, climb.count, climb.offset - climb.delay, share};
}

}  // namespace scheduled
