// Layer 2: Omega_t step by step, inside a training loop (THEORY section 1, streaming form).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/bound.hpp"

namespace scheduled {

/// Takes (lr, grad_norm) of one update after the other and gives Omega_t (1.2) after each. A value: a copy is a branch,
/// both go on independently. O(log(range of distances)) memory, some tens of nodes of 40 bytes; a step costs
/// 100 to 300 ns, less while the LR stays the same. Relative error <= 1e-10 over 2e6 steps of any positive LR series
/// (tests/accuracy/stream) and over 1e8 of the usual ones (tools/long_runs.cpp); the range of the LR need not be known
/// beforehand. The same input gives the same bits on every x86-64 machine.
///
/// 1/x = integral of exp(u - x e^u) du is replaced by its trapezoid sum over s = 2^(i/2): each node carries
/// A_i = sum over past steps of q_k exp(-s_i (S_t - S_k)), multiplied by exp(-s_i eta) per step.
class OmegaStream {
 public:
  /// distance: D within [1e-40, 1e40]; else std::invalid_argument.
  explicit OmegaStream(double distance = 1.0);

  /// One update with learning rate `lr`, 0 or within [1e-60, 1e60], and gradient norm `grad_norm`, 0 or within
  /// [1e-40, 1e40]; returns Omega_t. A step of 0 repeats the value before it (infinity while there was no positive
  /// one). Throws std::invalid_argument naming the 0-based step, the value and what is allowed; the stream is then
  /// unchanged.
  double push(double lr, double grad_norm = 1.0);

  /// push of each step in turn; grad_norm is one value or at least as many as lr. The values after each. Where a step
  /// is refused, those before it have been taken.
  std::vector<double> push_all(std::span<const double> lr, GradNorm grad_norm = 1.0);

  double value() const noexcept { return value_; }        ///< Omega_t after the last push; infinity before the first
  std::int64_t steps() const noexcept { return steps_; }  ///< number of pushes
  double distance() const noexcept { return distance_; }  ///< D
  std::size_t nodes() const noexcept { return rate_.size(); }  ///< nodes in use

  /// The whole state as one line of JSON; a stream restored from it goes on with the same bits.
  std::string save() const;
  /// Throws std::invalid_argument where `text` is not what save() writes.
  static OmegaStream restore(std::string_view text);

 private:
  static constexpr std::size_t moments = 5;

  void reach(double lr);
  void add_nodes_above(std::size_t count);
  void add_nodes_below();
  double far_tail(double lr);

  double distance_ = 1.0;
  double value_ = 0.0;
  std::int64_t steps_ = 0;
  double total_ = 0.0;  // S_t, with its rounding errors
  double total_low_ = 0.0;
  double last_source_ = 0.0;   // q of the last positive step, not yet in the nodes
  double last_rate_ = 0.0;     // LR for which decay_ holds; 0: none
  std::int64_t first_ = 0;     // s of node j is 2^((first + j)/2)
  std::vector<double> rate_;   // s
  std::vector<double> state_;  // A, high and low part
  std::vector<double> state_low_;
  std::vector<double> decay_;  // exp(-s last_rate) - 1
  // Nodes below the first one, all together: sum of q_k (s_first (S_t - S_k))^j.
  std::array<double, moments> moment_{};
  std::array<double, moments> moment_low_{};
};

}  // namespace scheduled
