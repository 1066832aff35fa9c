#include "law/sums/tree.hpp"

#include <algorithm>
#include <cmath>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"

namespace scheduled::law {
namespace {

/// Lagrange polynomial j of the whole-number nodes at x.
template <class Nodes>
double lagrange(const Nodes& node, std::size_t j, std::size_t x) {
  double value = 1.0;
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (i == j) continue;
    value *= (static_cast<double>(x) - static_cast<double>(node[i])) /
             (static_cast<double>(node[j]) - static_cast<double>(node[i]));
  }
  return value;
}

}  // namespace

Tree::Tree(std::span<const double> rates, std::span<const std::int64_t> step, bool changes_only)
    : updates_(rates.size()) {
  do add_level();
  while (levels_.back().width * 2 <= updates_);
  find_smooth(rates);
  direct_.assign((updates_ + leaf - 1) / leaf, none);
  begin_.push_back(0);
  const std::size_t top = levels_.size() - 1;
  for (const std::int64_t target : step) {
    Interruption::poll();
    const auto t = static_cast<std::size_t>(target);
    for (std::size_t block = 0; block * levels_[top].width < t; ++block) descend(top, block, t, changes_only);
    begin_.push_back(segments_.size());
  }
}

void Tree::add_level() {
  Level level;
  const bool lowest = levels_.empty();
  level.width = lowest ? leaf : 2 * levels_.back().width;
  for (std::size_t j = 0; j < order; ++j) {
    const double x = (2.0 * static_cast<double>(j) + 1.0) / (2.0 * static_cast<double>(order));
    const double place = elementary::half_cosine(1.0 - x, x) * static_cast<double>(level.width - 1);
    level.offset[j] = static_cast<std::size_t>(place + 0.5);
  }
  level.points = lowest ? leaf : 2 * order;
  for (std::size_t i = 0; i < level.points; ++i) {
    std::size_t x = i;
    if (!lowest) x = levels_.back().offset[i % order] + (i < order ? 0 : levels_.back().width);
    for (std::size_t j = 0; j < order; ++j) level.basis.push_back(lagrange(level.offset, j, x));
  }
  const std::size_t blocks = (updates_ + level.width - 1) / level.width;
  level.smooth.assign(blocks, 0);
  level.changes.assign(blocks, 0);
  level.slot.assign(blocks, none);
  levels_.push_back(std::move(level));
}

std::size_t Tree::point(std::size_t level, std::size_t block, std::size_t i) const {
  const std::size_t begin = block * levels_[level].width;
  if (level == 0) return begin + i;
  const Level& child = levels_[level - 1];
  return begin + child.offset[i % order] + (i < order ? 0 : child.width);
}

/// Whether the nodes give the rates and their inverses (which are not smooth near a rate of 0) at all points.
bool Tree::is_smooth(std::size_t level, std::size_t block, std::span<const double> rates) const {
  const Level& here = levels_[level];
  const std::size_t begin = block * here.width;
  if (begin < here.width || begin + here.width > updates_) return false;
  if (level > 0) {
    const auto& below = levels_[level - 1].smooth;
    if (!below[2 * block] || !below[2 * block + 1]) return false;
  }
  constexpr double tolerance = 1e-10;
  for (std::size_t i = 0; i < here.points; ++i) {
    const double exact = rates[point(level, block, i)];
    if (!(exact > 0.0)) return false;
    double value = 0.0;
    double inverse = 0.0;
    for (std::size_t j = 0; j < order; ++j) {
      const double rate = rates[begin + here.offset[j]];
      if (!(rate > 0.0)) return false;
      value += here.basis[i * order + j] * rate;
      inverse += here.basis[i * order + j] * (exact / rate);
    }
    if (std::fabs(value - exact) > tolerance * exact || std::fabs(inverse - 1.0) > tolerance) return false;
  }
  return true;
}

void Tree::find_smooth(std::span<const double> rates) {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    Level& here = levels_[level];
    SeldomPoll poll(16);
    for (std::size_t block = 0; block < here.smooth.size(); ++block, poll()) {
      if (level == 0) {
        const std::size_t begin = block * leaf;
        const std::size_t end = std::min(begin + leaf, updates_);
        for (std::size_t k = begin; k < end; ++k) {
          if (rates[k] != (k == 0 ? 0.0 : rates[k - 1])) here.changes[block] = 1;
        }
      } else {
        const auto& below = levels_[level - 1].changes;
        here.changes[block] = below[2 * block] || (2 * block + 1 < below.size() && below[2 * block + 1]);
      }
      here.smooth[block] = is_smooth(level, block, rates);
    }
  }
}

void Tree::add_direct(std::size_t block, std::size_t end) {
  const std::size_t begin = block * leaf;
  if (direct_[block] == none) {
    direct_[block] = position_.size();
    for (std::size_t k = begin; k < std::min(begin + leaf, updates_); ++k) position_.push_back(k);
  }
  segments_.push_back({direct_[block], end - begin});
}

void Tree::descend(std::size_t level, std::size_t block, std::size_t t, bool changes_only) {
  Level& here = levels_[level];
  const std::size_t begin = block * here.width;
  if (begin >= t || (changes_only && !here.changes[block])) return;
  if (here.smooth[block] && begin + 2 * here.width <= t) {
    if (here.slot[block] == none) {
      here.slot[block] = position_.size();
      for (const std::size_t offset : here.offset) position_.push_back(begin + offset);
    }
    segments_.push_back({here.slot[block], order});
    return;
  }
  if (level == 0) return add_direct(block, std::min(begin + leaf, t));
  descend(level - 1, 2 * block, t, changes_only);
  if (2 * block + 1 < levels_[level - 1].smooth.size()) descend(level - 1, 2 * block + 1, t, changes_only);
}

void Tree::gather(std::span<const double> per_update, std::span<double> per_slot) const {
  for (std::size_t block = 0; block < direct_.size(); ++block) {
    if (direct_[block] == none) continue;
    const std::size_t begin = block * leaf;
    for (std::size_t k = begin; k < std::min(begin + leaf, updates_); ++k) {
      per_slot[direct_[block] + (k - begin)] = per_update[k];
    }
  }
  std::vector<double> below;
  std::vector<double> moments;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const Level& here = levels_[level];
    moments.assign(here.smooth.size() * order, 0.0);
    SeldomPoll poll(16);
    for (std::size_t block = 0; block < here.smooth.size(); ++block, poll()) {
      if (!here.smooth[block]) continue;
      double* moment = &moments[block * order];
      const double* weight = level == 0 ? &per_update[block * leaf] : &below[2 * block * order];
      for (std::size_t i = 0; i < here.points; ++i) {
        for (std::size_t j = 0; j < order; ++j) moment[j] += here.basis[i * order + j] * weight[i];
      }
      if (here.slot[block] == none) continue;
      std::copy_n(moment, order, per_slot.begin() + static_cast<std::ptrdiff_t>(here.slot[block]));
    }
    below.swap(moments);
  }
}

}  // namespace scheduled::law
