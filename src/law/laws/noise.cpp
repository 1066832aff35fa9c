// L0 + A (R m^delta)^-alpha + B N^kappa, with R the turned angles as in angular.cpp, m the highest rate so far, and N
// the noise that is left: a mean of 27 memories of the angles, each forgotten with progress twice as fast as the one
// before (law.hpp).
#include <algorithm>
#include <array>
#include <cmath>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/laws/shared_parameters.hpp"
#include "law/sums/memories.hpp"

namespace scheduled::law {
namespace {

struct Noise {
  double L0, A, alpha, B, C, beta, kappa, lambda, eta0, delta;

  static constexpr std::array<Parameter<Noise>, 10> fields() {
    return {{{&Noise::L0, floor_loss},
             {&Noise::A, progress_part},
             {&Noise::alpha,
              {.name = "alpha",
               .meaning = "exponent of progress",
               .lower = 0.01,
               .upper = 5.0,
               .log_scale = true,
               .start = 0.45,
               .spread = 0.2}},
             {&Noise::B,
              {.name = "B",
               .meaning = "noise of a reference rate that is held for ever",
               .lower = tiny,
               .log_scale = true,
               .linear = true,
               .start = 0.2,
               .spread = 1.0}},
             {&Noise::C,
              {.name = "C",
               .meaning = "how soon noise is forgotten, per reference sum",
               .lower = 1e-6,
               .upper = 1e12,
               .log_scale = true,
               .start = 1500.0,
               .spread = 1.0}},
             {&Noise::beta,
              {.name = "beta",
               .meaning = "share of memories that are short",
               .lower = 0.02,
               .upper = 20.0,
               .log_scale = true,
               .start = 0.45,
               .spread = 0.5}},
             {&Noise::kappa,
              {.name = "kappa",
               .meaning = "exponent of what noise costs",
               .lower = 0.2,
               .upper = 5.0,
               .log_scale = true,
               .start = 0.75,
               .spread = 0.1}},
             {&Noise::lambda, weight_decay},
             {&Noise::eta0,
              {.name = "eta0",
               .meaning = "rate at which the norms of the start would last",
               .lower = 1e-12,
               .upper = 1e6,
               .log_scale = true,
               .start = 1e-4,
               .spread = 0.7}},
             {&Noise::delta, peak_exponent}}};
  }
};

/// (1 - exp(-x))/x and its derivative.
struct MeanDecay {
  double value = 1.0;
  double slope = -0.5;
  explicit MeanDecay(double x, double left) noexcept {
    if (x < 1e-3) {
      value = 1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0));
      slope = -0.5 + x / 3.0 * (1.0 - 3.0 * x / 8.0 * (1.0 - 4.0 * x / 15.0));
    } else {
      value = (1.0 - left) / x;
      slope = (left - value) / x;
    }
  }
};

class Norm {
 public:
  Norm(const Noise& p, double reference_rate)
      : pull_(2.0 * p.lambda * reference_rate),
        lambda_(p.lambda),
        v_{p.eta0 / reference_rate, 0.0, 1.0 / reference_rate} {}

  Angles pass(const Piece& piece) noexcept {
    const double x = pull_ * piece.mean * piece.steps;
    const double left = exponential(-x);
    const MeanDecay mean(x, left);
    const double above = v_.value - piece.mean;
    const Varied over{piece.mean + above * mean.value, v_.by_lambda * mean.value + above * mean.slope * x / lambda_,
                      v_.by_eta0 * mean.value};
    const Varied after{piece.mean + above * left, v_.by_lambda * left - above * left * x / lambda_, v_.by_eta0 * left};
    const Angles angles{angle(piece.mean, over), angle(piece.first, v_), angle(piece.last, after)};
    v_ = after;
    return angles;
  }

 private:
  static Varied angle(double rate, const Varied& v) noexcept {
    const double h = rate / std::sqrt(v.value);
    const double by_v = -0.5 * h / v.value;
    return {h, by_v * v.by_lambda, by_v * v.by_eta0};
  }
  double pull_;
  double lambda_;
  Varied v_;
};

constexpr double least_noise = 1e-12;  ///< below it, powers of the noise are lines

/// N^kappa and its derivatives in N and kappa.
struct Cost {
  double value, by_noise, by_kappa;
  Cost(double noise, double kappa) noexcept {
    const double at = std::max(noise, least_noise);
    const double slope = elementary::power(at, kappa - 1.0);
    value = noise * slope;
    by_noise = noise > least_noise ? kappa * slope : slope;
    by_kappa = value * natural_log(at);
  }
};

class Curve {
 public:
  explicit Curve(const Series& series) : reference_rate_(series.reference_rate), unit_(series.sum_unit()) {
    const std::vector<std::size_t> step(series.step.begin(), series.step.end());
    pieces_ = pieces_of(series.relative(step.back()), step);
  }

  void evaluate(const Noise& p, const Losses<Noise>& out) const {
    out.derivatives() ? pass<true>(p, out) : pass<false>(p, out);
  }

 private:
  /// After some updates.
  struct State {
    Norm norm;
    Memory memory;
    Varied R = {};

    template <bool derivatives>
    void pass(const Piece& piece, double unit) noexcept {
      const Angles angles = norm.pass(piece);
      memory.template pass<derivatives>(piece, angles);
      const double n = unit * piece.steps;
      R.value += n * angles.mean.value;
      R.by_lambda += n * angles.mean.by_lambda;
      R.by_eta0 += n * angles.mean.by_eta0;
    }
  };

  template <bool derivatives>
  void pass(const Noise& p, const Losses<Noise>& out) const {
    const Weights weights(p.beta);
    State state{Norm(p, reference_rate_), Memory(p.C, unit_)};
    SeldomPoll poll(64);
    for (const Piece& piece : pieces_) {
      poll();
      if (piece.whole) {
        state.template pass<derivatives>(piece, unit_);
        if (piece.loss != none) set<derivatives>(p, weights, piece, state, out);
      } else {
        State within = state;
        within.template pass<derivatives>(piece, unit_);
        set<derivatives>(p, weights, piece, within, out);
      }
    }
  }

  template <bool derivatives>
  static void set(const Noise& p, const Weights& weights, const Piece& piece, const State& state,
                  const Losses<Noise>& out) {
    const Varied& R = state.R;
    const auto noise = state.memory.sum(weights.value);
    const Cost cost(noise[0], p.kappa);
    const double log_highest = natural_log(piece.highest);
    const double log_progress = natural_log(R.value) + p.delta * log_highest;
    const double progress = exponential(-p.alpha * log_progress);
    out.set(piece.loss, p.L0 + p.A * progress + p.B * cost.value);
    if constexpr (derivatives) {
      const double by_R = -p.alpha * p.A * progress / R.value;
      const double by_noise = p.B * cost.by_noise;
      out.set_derivatives(piece.loss, {.L0 = 1.0,
                                       .A = progress,
                                       .alpha = -p.A * progress * log_progress,
                                       .B = cost.value,
                                       .C = by_noise * noise[1],
                                       .beta = by_noise * state.memory.sum(weights.by_beta)[0],
                                       .kappa = p.B * cost.by_kappa,
                                       .lambda = by_R * R.by_lambda + by_noise * noise[2],
                                       .eta0 = by_R * R.by_eta0 + by_noise * noise[3],
                                       .delta = -p.alpha * p.A * progress * log_highest});
    }
  }

  double reference_rate_;
  double unit_;
  std::vector<Piece> pieces_;
};

/// The single updates, and back through them. What the memories held before each update is computed anew, block by
/// block, from what they held before the block.
class EndGradient {
 public:
  EndGradient(const Noise& p, const Rates& rates)
      : p_(p),
        unit_(rates.sum_unit()),
        reference_rate_(rates.reference_rate),
        pull_(2.0 * p.lambda * rates.reference_rate),
        speed_(p.C * unit_ * exponential(longest)),
        rate_(rates.relative(rates.lr.size())),
        weights_(p.beta) {}

  LawGradient compute() {
    const std::size_t T = rate_.size();
    const std::size_t blocks = (T + block - 1) / block;
    const double R = angles_and_sum();
    std::vector<Memories> before(blocks);
    Memories held{};
    for (std::size_t k = 0; k < T; ++k) {
      if (k % block == 0) before[k / block] = held;
      pass(h_[k], held);
    }
    double noise = 0.0;
    for (std::size_t m = 0; m < memories; ++m) noise += weights_.value[m] * held[m];
    const Cost cost(noise, p_.kappa);
    const auto highest = static_cast<std::size_t>(std::max_element(rate_.begin(), rate_.end()) - rate_.begin());
    const double progress = exponential(-p_.alpha * (natural_log(R) + p_.delta * natural_log(rate_[highest])));
    LawGradient result{p_.L0 + p_.A * progress + p_.B * cost.value, std::vector<double>(T)};
    Memories pull;
    for (std::size_t m = 0; m < memories; ++m) pull[m] = p_.B * cost.by_noise * weights_.value[m];
    const double by_R = -p_.alpha * p_.A * progress / R * unit_;
    for (std::size_t b = blocks; b-- > 0;) back(b, before[b], by_R, pull, result.rate);
    back_through_norms(result.rate);
    result.rate[highest] -= p_.alpha * p_.A * progress * p_.delta / rate_[highest];
    for (double& rate : result.rate) rate /= reference_rate_;
    return result;
  }

 private:
  static constexpr std::size_t block = 256;

  double angles_and_sum() {
    double v = p_.eta0 / reference_rate_;
    double sum = 0.0;
    SeldomPoll poll(1024);
    for (const double rate : rate_) {
      poll();
      const double x = pull_ * rate;
      const double left = exponential(-x);
      before_.push_back(v);
      mean_.push_back(rate + (v - rate) * MeanDecay(x, left).value);
      h_.push_back(rate / std::sqrt(mean_.back()));
      v = rate + (v - rate) * left;
      sum += unit_ * h_.back();
    }
    return sum;
  }

  void pass(double h, Memories& held) const noexcept {
    double gone = forgotten(speed_ * h);
    for (double& one : held) {
      one += (h - one) * gone;
      gone *= 2.0 - gone;
    }
  }

  /// by_rate: of h so far. pull: derivative of the loss in what the memories hold after the block, then before it.
  void back(std::size_t b, Memories held, double by_R, Memories& pull, std::vector<double>& by_rate) const {
    Interruption::poll();
    const std::size_t first = b * block;
    const std::size_t last = std::min(first + block, rate_.size());
    std::vector<Memories> before;
    for (std::size_t k = first; k < last; ++k) {
      before.push_back(held);
      pass(h_[k], held);
    }
    for (std::size_t k = last; k-- > first;) {
      double gone = forgotten(speed_ * h_[k]);
      double speed = speed_;
      double by_h = by_R;
      for (std::size_t m = 0; m < memories; ++m) {
        by_h += pull[m] * (gone + (h_[k] - before[k - first][m]) * (1.0 - gone) * speed);
        pull[m] *= 1.0 - gone;
        gone *= 2.0 - gone;
        speed *= 2.0;
      }
      by_rate[k] = by_h;
    }
  }

  void back_through_norms(std::vector<double>& by_rate) const {
    double by_v = 0.0;  // of the v after update k
    SeldomPoll poll(1024);
    for (std::size_t k = rate_.size(); k-- > 0; poll()) {
      const double x = pull_ * rate_[k];
      const double left = exponential(-x);
      const MeanDecay mean(x, left);
      const double above = before_[k] - rate_[k];
      const double by_mean = -0.5 * by_rate[k] * h_[k] / mean_[k];
      by_rate[k] = by_rate[k] / std::sqrt(mean_[k]) + by_mean * (1.0 - mean.value + above * mean.slope * pull_) +
                   by_v * (1.0 - left - above * left * pull_);
      by_v = by_v * left + by_mean * mean.value;
    }
  }

  const Noise& p_;
  double unit_, reference_rate_, pull_, speed_;
  std::vector<double> rate_;
  Weights weights_;
  std::vector<double> h_, before_, mean_;  ///< v before each update, and its mean over it
};

LawGradient end_gradient(const Noise& p, const Rates& rates, Falls) { return EndGradient(p, rates).compute(); }

}  // namespace

Definition noise_law() {
  return {.kind = LawKind::noise,
          .name = "noise",
          .parameters = parameter_table<Noise>,
          .prepare = prepare<Noise, Curve>,
          .end_gradient = end_gradient_of<Noise, end_gradient>,
          .unseen_gain = {
              .parameter = "B", .of_loss = 0.22 / 3.0, .at_rate = 1e-3, .by_rate = 0.4, .spread = 0.3, .share = 0.65}};
}

}  // namespace scheduled::law
