// Sliding median over ranks: the values are sorted once, the window is a set of ranks as a tree of bit masks in which
// neighbours are found in O(log_64 n), and the median moves by at most one neighbour for each value that comes or goes.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

/// A set of whole numbers below `size`.
class BitTree {
 public:
  explicit BitTree(std::size_t size) {
    do {
      size = (size + 63) / 64;
      levels_.emplace_back(size, 0);
    } while (size > 1);
  }

  void insert(std::size_t key) {
    for (auto& level : levels_) {
      level[key / 64] |= std::uint64_t{1} << (key % 64);
      key /= 64;
    }
  }

  void erase(std::size_t key) {
    for (auto& level : levels_) {
      if ((level[key / 64] &= ~(std::uint64_t{1} << (key % 64))) != 0) return;
      key /= 64;
    }
  }

  /// The next element above (below) `key`; there must be one.
  std::size_t next(std::size_t key) const {
    for (std::size_t l = 0;; ++l, key /= 64) {
      const std::uint64_t above = levels_[l][key / 64] & (~std::uint64_t{1} << (key % 64));
      if (above != 0) return descend(l, key / 64 * 64 + static_cast<std::size_t>(std::countr_zero(above)), false);
    }
  }
  std::size_t previous(std::size_t key) const {
    for (std::size_t l = 0;; ++l, key /= 64) {
      const std::uint64_t below = levels_[l][key / 64] & ((std::uint64_t{1} << (key % 64)) - 1);
      if (below != 0) return descend(l, key / 64 * 64 + 63 - static_cast<std::size_t>(std::countl_zero(below)), true);
    }
  }

 private:
  std::size_t descend(std::size_t l, std::size_t key, bool largest) const {
    while (l-- > 0) {
      const std::uint64_t word = levels_[l][key];
      key = key * 64 + static_cast<std::size_t>(largest ? 63 - std::countl_zero(word) : std::countr_zero(word));
    }
    return key;
  }
  std::vector<std::vector<std::uint64_t>> levels_;
};

}  // namespace

std::vector<double> median_filter(std::span<const double> values, std::int64_t width) {
  const auto n = static_cast<std::int64_t>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) fail_entry("values", i, values[i], "must be finite");
  }
  if (width < 1 || width > 2 * n - 1 || width % 2 == 0) {
    fail_value("width", std::to_string(width), concat({"must be odd, between 1 and ", std::to_string(2 * n - 1)}));
  }
  // The padded series: h copies of the first value, the values, h reflected ones.
  const std::int64_t h = width / 2;
  std::vector<double> padded(static_cast<std::size_t>(n + 2 * h));
  for (std::int64_t i = 0; i < n + 2 * h; ++i) {
    const std::int64_t k = i - h;
    padded[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>(k < 0 ? 0 : (k < n ? k : 2 * n - 2 - k))];
  }
  std::vector<std::uint32_t> order(padded.size());
  std::iota(order.begin(), order.end(), 0U);
  SeldomPoll poll(1024);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    poll();
    return padded[a] != padded[b] ? padded[a] < padded[b] : a < b;
  });
  std::vector<std::uint32_t> rank(padded.size());
  for (std::size_t r = 0; r < order.size(); ++r) rank[order[r]] = static_cast<std::uint32_t>(r);

  const auto window = static_cast<std::size_t>(width);
  BitTree tree(padded.size());
  std::vector<std::uint32_t> first(rank.begin(), rank.begin() + width);
  for (const std::uint32_t r : first) tree.insert(r);
  std::nth_element(first.begin(), first.begin() + h, first.end());
  std::size_t median = first[static_cast<std::size_t>(h)];
  std::vector<double> out(values.size());
  out[0] = padded[order[median]];
  for (std::size_t i = 1; i < out.size(); ++i, poll()) {
    const std::size_t in = rank[i + window - 1];
    const std::size_t leaving = rank[i - 1];
    tree.insert(in);  // the median is now the h-th or (h+1)-th of an even number
    if (leaving == median) {
      median = in < median ? tree.previous(median) : tree.next(median);
    } else if (in > median && leaving < median) {
      median = tree.next(median);
    } else if (in < median && leaving > median) {
      median = tree.previous(median);
    }
    tree.erase(leaving);
    out[i] = padded[order[median]];
  }
  return out;
}

}  // namespace scheduled
