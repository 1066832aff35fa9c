// Sums over past updates at near-linear cost: which updates stand for which.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace scheduled::law {

/// Sum over k < t of weight_k f_t(k) for many t, where f_t(k) is smooth in k away from t. Updates are grouped into
/// blocks of 32 2^l; where the rates in a block are smooth and t is at least one block length away, 12 of its updates,
/// with weights that integrate polynomials of degree 11 exactly, stand for all (interpolation at Chebyshev points
/// rounded to whole steps: error about 5.83^-12 = 7e-10 of the block's share). All else is summed directly: near t,
/// around kinks and jumps of the rates, and near update 0, where a warmup from 0 begins.
///
/// A *slot* is an update that stands for itself or for others; segments list the slots of each target.
class Tree {
 public:
  struct Segment {
    std::size_t first;  ///< slot
    std::size_t count;
  };

  /// rates: lr of updates 0 ... T-1. step: the targets t <= T. With `changes_only`, blocks whose updates all have the
  /// rate of the update before are left out: their weights are known to be 0.
  Tree(std::span<const double> rates, std::span<const std::int64_t> step, bool changes_only);

  std::size_t slots() const noexcept { return position_.size(); }
  /// The update of each slot.
  const std::vector<std::size_t>& position() const noexcept { return position_; }
  std::span<const Segment> segments(std::size_t target) const noexcept {
    return std::span(segments_).subspan(begin_[target], begin_[target + 1] - begin_[target]);
  }
  /// Weights of the slots for weights of the updates. O(T).
  void gather(std::span<const double> per_update, std::span<double> per_slot) const;

 private:
  static constexpr std::size_t order = 12;
  static constexpr std::size_t leaf = 32;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct Level {
    std::size_t width = 0;
    std::array<std::size_t, order> offset{};  ///< nodes within a block
    std::size_t points = 0;                   ///< a leaf's updates; above, the nodes of the two children
    std::vector<double> basis;                ///< [point][node]: the nodes' Lagrange polynomials at the points
    std::vector<std::uint8_t> smooth;         ///< per block
    std::vector<std::uint8_t> changes;        ///< per block
    std::vector<std::size_t> slot;            ///< per block: the first slot of its nodes, or none
  };

  void add_level();
  void find_smooth(std::span<const double> rates);
  bool is_smooth(std::size_t level, std::size_t block, std::span<const double> rates) const;
  std::size_t point(std::size_t level, std::size_t block, std::size_t i) const;
  void descend(std::size_t level, std::size_t block, std::size_t t, bool changes_only);
  void add_direct(std::size_t block, std::size_t end);

  std::size_t updates_ = 0;
  std::vector<Level> levels_;
  std::vector<std::size_t> direct_;    ///< per leaf: the first slot of its updates, or none
  std::vector<std::size_t> position_;  ///< per slot
  std::vector<Segment> segments_;
  std::vector<std::size_t> begin_;
};

}  // namespace scheduled::law
