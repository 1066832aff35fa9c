// A learning-rate schedule as a value: what it is made of, parse, print, lr(i), fill; and how schedules are shown.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scheduled/duration.hpp"
#include "scheduled/error.hpp"

namespace scheduled {

// ---- What a schedule is made of. Shapes are dimensionless: 1 stands for the peak LR (docs/theory.md, section 7).

/// A learning rate given either as a share of the peak (`10%`) or as an absolute value (`1e-5`, in units of the peak).
/// An absolute 0 is 0 % of any peak, so it keeps the schedule proportional to the peak.
struct Rate {
  enum class Unit { absolute, percent };
  double value = 0.0;
  Unit unit = Unit::absolute;
  bool operator==(const Rate&) const = default;
};
constexpr Rate absolute_lr(double value) noexcept { return {value, Rate::Unit::absolute}; }
constexpr Rate percent_of_peak(double value) noexcept { return {value, Rate::Unit::percent}; }

/// Reads `1e-5` or `10%`; throws ArgumentError with `name` and the text. And the text that it reads back as equal.
Rate parse_rate(std::string_view name, std::string_view text);
std::string print_rate(Rate rate);

// Warmups from 0 to 1 over x from 0 to 1.
struct LinearWarmup {  ///< x
  bool operator==(const LinearWarmup&) const = default;
};
struct CosineWarmup {  ///< (1 - cos(pi x))/2
  bool operator==(const CosineWarmup&) const = default;
};
struct OneMinusSqrtWarmup {  ///< 1 - sqrt(1 - x)
  bool operator==(const OneMinusSqrtWarmup&) const = default;
};
/// log(k + 1) on the k-th step of the rise, k = 0, 1, ..., times what makes it 1 where the peak is reached.
struct LogWarmup {
  bool operator==(const LogWarmup&) const = default;
};
using WarmupCurve = std::variant<LinearWarmup, CosineWarmup, OneMinusSqrtWarmup, LogWarmup>;

/// Warmup over the steps 0 ... W-1; the rate it rises to is that of step W, so there is never a jump.
/// Without `start`, step i has x = (i+1)/W: the peak is reached on the last warmup step.
/// With `start`, step i has start + x(1 - start), x = i/W: step 0 is at `start`, the peak is reached on step W.
/// The first `delay` of these steps stay at the start, or at 0, and the rise takes the others.
struct Warmup {
  Duration length = steps(0);
  std::optional<Rate> start = std::nullopt;
  WarmupCurve curve = LinearWarmup{};
  Duration delay = steps(0);
  bool operator==(const Warmup&) const = default;
};

// Decays from the rate before the cooldown to the final one; x = j/C on cooldown step j = 1 ... C, so that the last
// step has exactly the final rate.
struct LinearDecay {  ///< 1 - x
  bool operator==(const LinearDecay&) const = default;
};
struct OneMinusSqrtDecay {  ///< 1 - sqrt(x); Hagele et al. 2405.18392
  bool operator==(const OneMinusSqrtDecay&) const = default;
};
struct CosineDecay {  ///< ((1 + cos(pi x))/2)^exponent, exponent > 0
  double exponent = 1.0;
  bool operator==(const CosineDecay&) const = default;
};
struct HalfCosineDecay {  ///< 1 - sin(pi x/2): the second half of a cosine, which begins steeply
  bool operator==(const HalfCosineDecay&) const = default;
};
struct MirrorCosineDecay {  ///< 2(1 - x) - (1 + cos(pi x))/2
  bool operator==(const MirrorCosineDecay&) const = default;
};
struct SquareDecay {  ///< 1 - x^2
  bool operator==(const SquareDecay&) const = default;
};
struct PolynomialDecay {  ///< (1 - x)^power, power > 0
  double power = 1.0;
  bool operator==(const PolynomialDecay&) const = default;
};
struct LoweredLinearDecay {  ///< factor (1 - x), 0 < factor <= 1: drops at once, then falls linearly
  double factor = 0.7;
  bool operator==(const LoweredLinearDecay&) const = default;
};
/// Geometric, from the rate before the cooldown to the final rate, which must be > 0. With `half_life` instead of a
/// final rate: 0.5^(j/half_life) (MiniCPM 2404.06395).
struct ExponentialDecay {
  std::optional<RealDuration> half_life = std::nullopt;
  bool operator==(const ExponentialDecay&) const = default;
};
struct ExponentialToZeroDecay {  ///< 2^(1 - x) - 1 (Megatron-LM's exponential decay)
  bool operator==(const ExponentialToZeroDecay&) const = default;
};
struct InverseProportionalDecay {  ///< 1/(x/final + (1 - x)/start); the final rate must be > 0
  bool operator==(const InverseProportionalDecay&) const = default;
};
using Decay = std::variant<LinearDecay, OneMinusSqrtDecay, CosineDecay, HalfCosineDecay, MirrorCosineDecay, SquareDecay,
                           PolynomialDecay, LoweredLinearDecay, ExponentialDecay, ExponentialToZeroDecay,
                           InverseProportionalDecay>;

/// Schedules of which a closed form of the last-iterate bound, or its limit, is known (scheduled/bound.hpp).
enum class KnownFamily {
  none,
  constant,        ///< evaluated before any cooldown
  linear,          ///< linear decay over the whole run
  wsd,             ///< constant, then a linear cooldown
  cosine,          ///< over the whole run; a limit only
  one_minus_sqrt,  ///< over the whole run; a limit only
  polynomial,      ///< (1 - x)^p over the whole run; a limit only
};

/// The family of a decay from the peak to 0 over the whole run; `power` of polynomial decay.
struct KnownDecay {
  KnownFamily family = KnownFamily::none;
  double power = 1.0;
};
KnownDecay known_decay(const Decay& decay) noexcept;

/// The last `length` steps of the run. When warmup and cooldown fill it, one step is taken from the cooldown (else from
/// the warmup), so that one step at the peak remains: `cooldown=rest, decay=cosine` is the cosine schedule.
struct Cooldown {
  Duration length = percent(20);
  Decay decay = LinearDecay{};
  Rate final = {};
  bool operator==(const Cooldown&) const = default;
};

// Main shapes; i is the 0-based step, W the warmup's length.
struct Constant {  ///< 1
  bool operator==(const Constant&) const = default;
};
/// limit + (1 - limit) (1 + (i + shift - W)/timescale)^-alpha, alpha > 0.
struct InversePower {
  double alpha = 0.5;
  Duration timescale = steps(1);
  Duration shift = steps(0);
  Rate limit = {};
  bool operator==(const InversePower&) const = default;
};
/// limit + (1 - limit)/sqrt(1 + (i + shift - W)/timescale), timescale > 0; without one it is W, so that the shape is
/// sqrt(W/i) for shift = 0 (Zhai et al. 2106.04560 section 3.5). shift >= 0.
struct Rsqrt {
  std::optional<Duration> timescale = std::nullopt;
  Duration shift = steps(0);
  Rate limit = {};
  bool operator==(const Rsqrt&) const = default;
};
/// d_model^-0.5 min(t^-0.5, t W^-1.5), t = i + 1; W >= 1 is the warmup's length and `peak` a factor (1 in Vaswani
/// 2017).
struct Noam {
  double d_model = 512.0;
  bool operator==(const Noam&) const = default;
};
/// min(max, batch a n^b), n = (i+1) tokens_per_step tokens, `peak` a factor (2408.13359). Needs tokens_per_step, batch.
struct Power {
  double a = 4.0;
  double b = -0.51;
  double max = 0.02;
  bool operator==(const Power&) const = default;
};
/// From the peak down to `plateau` over `descent` steps after the warmup, then constant; ends with an exponential
/// cooldown when a horizon is known (2403.08763, 2503.02844). Curve::rsqrt is their 1/sqrt(1 + 10 x) - 1, normalised.
struct Infinite {
  enum class Curve { cosine, rsqrt };
  Duration descent = steps(0);
  Rate plateau = percent_of_peak(50);
  Curve curve = Curve::cosine;
  bool operator==(const Infinite&) const = default;
};
/// Stable with a cooldown that ends at every result (1-based step counts, strictly increasing), each followed by a
/// linear re-warmup over `rewarm` steps back to the peak (2410.05192). A cooldown share is of its result's step count.
struct WsdS {
  std::vector<Duration> results;
  Duration rewarm = steps(0);
  bool operator==(const WsdS&) const = default;
};
/// 1 before the first milestone, then factors[k] from 0-based step milestones[k] on (strictly increasing; factors >=
/// 0).
struct Piecewise {
  std::vector<Duration> milestones;
  std::vector<double> factors;
  bool operator==(const Piecewise&) const = default;
};
/// Linearly up to the peak on step P - 1, P = peak_at, then linearly down to `final` on the last step (Smith
/// 1506.01186).
struct Triangular {
  Duration peak_at = percent(50);
  Rate final = {};
  bool operator==(const Triangular&) const = default;
};
/// Cosines from the peak to `low` that start again (SGDR 1608.03983): `cycles` of them from the warmup to the cooldown,
/// the last of which reaches `low` on its last step; or the first over `cycle` steps and each of the others over
/// `multiplier`, a whole number >= 1, times those of the one before. One of the two must be given.
struct CosineRestarts {
  std::optional<double> cycles = std::nullopt;
  std::optional<Duration> cycle = std::nullopt;
  double multiplier = 1.0;
  Rate low = {};
  bool operator==(const CosineRestarts&) const = default;
};
/// A piece of `stages`: a way from one rate to another. Its last step has exactly the rate that it goes to, and its
/// first one has already left the rate before, as in a cooldown.
struct Stage {
  struct Hold {
    bool operator==(const Hold&) const = default;
  };
  struct Rewarm {
    WarmupCurve curve = LinearWarmup{};
    bool operator==(const Rewarm&) const = default;
  };
  std::variant<Hold, Rewarm, Decay> curve = Hold{};  ///< a decay may rise, too
  std::optional<Rate> from = std::nullopt;           ///< where it begins; nothing: at the rate before
  std::optional<Rate> to = std::nullopt;  ///< nothing: 0 for a decay, the peak for a rewarm; not where it holds
  std::optional<Duration> over = std::nullopt;
  std::optional<Duration> until = std::nullopt;  ///< steps of the run when it ends; with `over`: leaves the curve early
  bool operator==(const Stage&) const = default;
};
struct ScheduleSpec;
/// Piece after piece, from the peak after the warmup; or after another schedule, which is left `at` this step (nothing:
/// at its end) and has peak and step size from the one around it. The last piece may do without a length: it takes the
/// rest of the run. After the last one the rate stays. Where no `steps` are said, the run ends with the last piece.
struct Stages {
  std::shared_ptr<const ScheduleSpec> after = nullptr;
  std::optional<Duration> at = std::nullopt;
  std::vector<Stage> pieces;
  bool operator==(const Stages& other) const;
};
/// Explicit values, values[i] at step i (finite, >= 0, at least one); the horizon is their number.
struct Table {
  std::shared_ptr<const std::vector<double>> values;
  bool operator==(const Table& other) const;
};
using Shape = std::variant<Constant, InversePower, Rsqrt, Noam, Power, Infinite, WsdS, Piecewise, Triangular,
                           CosineRestarts, Stages, Table>;

// ---- A learning-rate schedule as a value: parse, print, lr(i), fill a span.

/// What the lengths and the progress of a schedule are counted in. By `tokens` (or `examples`) it is one of tokens,
/// each of which has a rate: a step has that of the last one that it consumes, or where the warmup has a start, which
/// is the rate before anything is consumed, that of its first. Where the batch is one number, the rates are those of
/// steps; shapes that go by the steps before one, such as rsqrt, are up to a step ahead.
enum class Clock { steps, examples, tokens };

/// What a user says about a schedule, as said; `Schedule` checks and resolves it.
struct ScheduleSpec {
  Shape shape = Constant{};
  std::optional<Duration> steps;  ///< horizon, warmup and cooldown included; nothing: trains without one
  double peak = 1.0;              ///< base LR that multiplies the shape, finite and > 0
  Warmup warmup = {};
  std::optional<Cooldown> cooldown = std::nullopt;  ///< needs a horizon
  StepSize step_size = {};                          ///< only where a duration is in tokens or examples, and for `power`
  Rate floor = {};                                  ///< the rate is never below it, but in a warmup before the shape
  Clock clock = Clock::steps;                       ///< of examples or tokens: no table, noam or log warmup
  bool operator==(const ScheduleSpec&) const = default;
};

/// Where the parts of a schedule lie, in 0-based steps.
struct Layout {
  std::optional<std::int64_t> steps = std::nullopt;  ///< T
  std::int64_t warmup_steps = 0;                     ///< W: steps 0 ... W-1
  std::int64_t cooldown_steps = 0;                   ///< C: steps T-C ... T-1
  bool operator==(const Layout&) const = default;
};

struct ResolvedSchedule;  // src/schedule/resolved.hpp

/// An immutable schedule; copies are cheap. Step counts are 0-based: lr(0) is the rate of the first update, eta_t of
/// docs/theory.md is lr(t-1). Thread-safe.
class Schedule {
 public:
  /// Checks and resolves `spec`, O(1) but for tables and milestones. Throws ArgumentError with the key, its value and
  /// what is allowed: steps < 1, warmup + cooldown > steps, a percentage or a cooldown without a horizon
  /// (NeedsHorizon), tokens without tokens_per_step, start or final above the peak, an exponential cooldown to 0, ...
  explicit Schedule(ScheduleSpec spec);

  /// Reads spec text such as `wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3, final=0)`; the names,
  /// keys and defaults are listed in docs/guide/schedules.md and by schedule_help(). Also reads print_json's output.
  /// Throws ArgumentError: unknown name, unknown, repeated or missing key, and all of the constructor's.
  /// A spec without a horizon gets `default_steps`, if given; tables, stages that end by themselves and most published
  /// schedules have their own.
  static Schedule parse(std::string_view text, std::optional<Duration> default_steps = std::nullopt);

  /// Whether `text`, as for parse, gives the base LR: by its key `peak`, as a table of rates, or as published. Throws
  /// as parse does where the text itself is wrong.
  static bool says_peak(std::string_view text);

  /// Explicit values as a schedule; `values` are times `peak`.
  static Schedule table(std::vector<double> values, double peak = 1.0);

  /// Rate of the 0-based step i; O(1) (O(log n) in the milestones or results), no allocation. Past a finite horizon it
  /// stays at the last step's rate. i < 0 reads as 0.
  double lr(std::int64_t i) const noexcept;

  /// out[k] = lr(first + k), bit for bit; first >= 0 (else ArgumentError). About 1-10 ns a value.
  void fill(std::int64_t first, std::span<double> out) const;

  /// The first `count` rates; without `count` the whole run, for which a horizon is needed (ArgumentError).
  std::vector<double> values(std::optional<std::int64_t> count = {}) const;

  /// The same schedule with another peak or horizon; relative parts follow. Throws as the constructor (a table has no
  /// other horizon).
  Schedule with_peak(double peak) const;
  Schedule with_steps(Duration steps) const;

  /// Examples and tokens that the first `steps` >= 0 steps consume, exact below 2^53, and the batch of step i. O(log of
  /// the changes of the batch). Throw ArgumentError where the spec does not say them (batch, tokens_per_step).
  double examples_done(std::int64_t steps) const;
  double tokens_done(std::int64_t steps) const;
  double batch(std::int64_t i) const;

  /// Whole steps that fit into `mark` from the beginning of the run, as for resolve_steps.
  std::int64_t steps_done(Duration mark) const;

  const ScheduleSpec& spec() const noexcept { return *spec_; }
  const Layout& layout() const noexcept;
  std::optional<std::int64_t> steps() const noexcept { return layout().steps; }
  double peak() const noexcept { return spec_->peak; }

  /// Whether it is constant but for warmup and cooldown.
  bool flat() const noexcept;

  /// False where an absolute start, plateau, floor or final LR other than 0 breaks the proportionality of lr to the
  /// peak.
  bool proportional_to_peak() const noexcept;

  /// The smallest peak that the absolute start, plateau, floor and final LR allow; 0 where there are none.
  double smallest_peak() const noexcept;

  /// Equal when the specs are: the same text, not only the same values.
  friend bool operator==(const Schedule& a, const Schedule& b) { return *a.spec_ == *b.spec_; }

 private:
  double consumed(Duration::Unit unit, std::int64_t steps) const;

  std::shared_ptr<const ScheduleSpec> spec_;
  std::shared_ptr<const ResolvedSchedule> resolved_;
};

/// Canonical spec text; Schedule::parse(print(s)) == s.
std::string print(const Schedule& schedule);

/// The same as a JSON object, e.g. {"schedule":"wsd","steps":50000,"cooldown":"20%",...}; Schedule::parse reads it back
/// to an equal value.
std::string print_json(const Schedule& schedule);

/// The name a spec starts with: "wsd", "cosine", ...
std::string schedule_name(const Schedule& schedule);

/// A key, as users write it.
struct KeyHelp {
  std::string_view key;
  std::string_view meaning;
  std::string usual;                    ///< its value where it is not given; empty: none
  bool needed = false;                  ///< must be given
  bool common = false;                  ///< of all schedules alike: steps, peak, warmup, ...
  std::vector<std::string_view> words;  ///< what it can be; empty: a number, a length, a rate or a list of them
};

/// What there is to choose from, for help texts, completion and the tables of the guide: the names of schedules, each
/// with all its keys in canonical order; the decays for `decay` and the curves for `warmup_curve`, each with the keys
/// that come with it.
struct ScheduleHelp {
  std::string_view name;
  std::string_view example;  ///< parses; empty for a curve of the warmup
  std::string_view meaning;  ///< short, in ASCII
  std::string_view formula;  ///< in Unicode; x runs from 0 to 1, i is the 0-based step, W the warmup's length
  std::string_view source;   ///< paper
  std::vector<KeyHelp> keys;
  bool needs_steps = false;  ///< has no meaning without a horizon
};
std::span<const ScheduleHelp> schedule_help();
std::span<const ScheduleHelp> decay_help();
std::span<const ScheduleHelp> warmup_help();

/// A decay by its name, such as `1-sqrt`; throws ArgumentError with `name` and the names there are. And its name.
Decay parse_decay(std::string_view name, std::string_view text);
std::string_view decay_name(const Decay& decay) noexcept;

/// Whether some schedule can have this cooldown: throws ArgumentError naming decay or final where not, as of an
/// exponential one to 0. Whether the final rate is below the peak is for the schedule that uses it to check.
void check_cooldown(const Cooldown& cooldown);

/// A cooldown in the words of the spec language, checked: a length such as `20%` or `5k`; a shape; and the rate at its
/// end, or a share of the peak such as `10%`. Throws ArgumentError naming cooldown, decay or final.
Cooldown parse_cooldown(std::string_view length, std::string_view decay = "linear", std::string_view final_lr = "0");

// ---- How schedules are shown: short names, and the steps that deserve a row of a table.

/// Names for a table or legend from spec texts: `key=value` parts that all of several specs share are left out, and the
/// peak unless `with_peak`. A text that is no spec stays as it is.
std::vector<std::string> short_names(std::span<const std::string> specs, bool with_peak);

/// Up to `points` values of t from 1 to T, evenly spaced, both ends included; T >= 1.
std::vector<std::int64_t> spread_steps(std::int64_t T, std::size_t points);

/// 0-based steps worth a row, each with why ("last warmup", ...; empty: only to have some between): where the parts of
/// the schedule meet, and nine evenly spaced ones up to `end` or the horizon.
std::map<std::int64_t, std::string> informative_steps(const Schedule& schedule, std::int64_t end);

/// The same for a table over finished updates 1 ... T.
std::map<std::int64_t, std::string> informative_updates(const Schedule& schedule, std::int64_t T);

}  // namespace scheduled
