// Every kernel, at every offset from the vectors' alignment, for lengths around those of vectors and blocks, on every
// instruction set that this machine has: the same bits, and nothing written beside them.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "bound/kernels/curve.hpp"
#include "bound/kernels/omega.hpp"
#include "bound/kernels/stream.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"
#include "support/targets.hpp"

namespace scheduled {
namespace {

using Values = std::vector<double>;

constexpr double guard = -12345.678;
constexpr std::size_t width = 8;  // doubles in the longest vector

/// Copies of arrays that begin `offset` doubles behind a vector's alignment, with guards on both sides.
class Place {
 public:
  explicit Place(std::size_t offset) : offset_(offset) {}

  double* put(const Values& values) {
    blocks_.push_back({Values(values.size() + 4 * width, guard), 0, values.size()});
    Block& block = blocks_.back();
    const auto address = reinterpret_cast<std::uintptr_t>(block.memory.data()) / sizeof(double);
    block.begin = width + (width - address % width) % width + offset_;
    std::copy(values.begin(), values.end(), block.memory.begin() + static_cast<std::ptrdiff_t>(block.begin));
    return block.memory.data() + block.begin;
  }

  /// What stands in all of them now, in the order of put().
  Values all() const {
    Values out;
    for (const Block& block : blocks_) {
      for (std::size_t k = 0; k < block.memory.size(); ++k) {
        const bool inside = k >= block.begin && k < block.begin + block.size;
        if (inside) out.push_back(block.memory[k]);
        if (!inside && block.memory[k] != guard) ADD_FAILURE() << "written beside an array, at " << k;
      }
    }
    return out;
  }

 private:
  struct Block {
    Values memory;
    std::size_t begin, size;
  };
  std::size_t offset_;
  std::vector<Block> blocks_;
};

const std::vector<std::size_t> around_vectors = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65};
const std::vector<std::size_t> around_the_block = {127, 128, 129, 255, 256, 257, 258, 511, 512, 513};

std::vector<std::size_t> lengths(std::size_t most) {
  std::vector<std::size_t> out;
  for (const auto& some : {around_vectors, around_the_block}) {
    for (const std::size_t length : some) {
      if (length <= most) out.push_back(length);
    }
  }
  return out;
}

/// `count` numbers in [low, high], without order.
Values numbers(std::size_t count, double low, double high, unsigned seed = 1) {
  Values out(count);
  std::uint32_t state = 2463534242U * seed;
  for (double& value : out) {
    state ^= state << 13U;
    state ^= state >> 17U;
    state ^= state << 5U;
    value = low + (high - low) * (state / 4294967296.0);
  }
  return out;
}

/// `run` puts its arrays into the place and returns its sums.
using Run = std::function<Values(std::size_t length, Place& place)>;

void expect_same_bits(const std::vector<std::size_t>& of_lengths, const Run& run) {
  for (const std::size_t length : of_lengths) {
    const auto result = [&](std::size_t offset) {
      Place place(offset);
      Values sums = run(length, place);
      const Values arrays = place.all();
      sums.insert(sums.end(), arrays.begin(), arrays.end());
      return sums;
    };
    const Values expected = result(0);
    for (const double value : expected) ASSERT_TRUE(std::isfinite(value)) << length;
    for (const std::int64_t target : targets::all()) {
      for (std::size_t offset = 0; offset < width; ++offset) {
        ASSERT_EQ(targets::on(target, [&] { return result(offset); }), expected)
            << hwy::TargetName(target) << ", length " << length << ", offset " << offset;
      }
    }
  }
}

TEST(Kernels, OmegaSums) {
  for (const bool one_norm : {false, true}) {
    expect_same_bits(lengths(kernels::omega_block), [&](std::size_t length, Place& place) {
      const double* const lr = place.put(numbers(length, 0.1, 1.0));
      const double* const norm = one_norm ? nullptr : place.put(numbers(length, 0.5, 2.0, 2));
      const auto sums = kernels::omega_block_sums(lr, norm, 0.7, length, 0.3);
      const auto split = kernels::omega_block_split(lr, norm, 0.7, length, 0.3, 1.1);
      double* const tail = place.put(Values(length));
      const double total = kernels::omega_block_tails(lr, length, 0.3, tail);
      double* const gradient = place.put(Values(tail, tail + length));
      const double before = kernels::omega_block_gradient(lr, norm, 0.7, length, 0.2, 0.1, gradient);
      return Values{sums.rates, sums.terms, sums.smallest, split.rates, split.squares, split.terms, total, before};
    });
  }
}

TEST(Kernels, CurveReciprocals) {
  for (const double closest : {1e-3, 1e-60}) {  // eight and four in one division
    for (const std::size_t sources : {1U, 2U, 3U, 4U, 7U, 8U, 9U, 17U}) {
      expect_same_bits(lengths(65), [&](std::size_t length, Place& place) {
        const double* const base = place.put(numbers(length, 0.1, 1.0));
        const double* const offset = place.put(numbers(sources, 0.1, 1.0, 2));
        const double* const weight = place.put(numbers(sources, -1.0, 1.0, 3));
        double* const sum = place.put(numbers(length, 0.0, 1.0, 4));
        kernels::add_reciprocals(base, length, offset, weight, sources, closest, sum);
        return Values{};
      });
    }
  }
}

TEST(Kernels, CurveEight) {
  expect_same_bits({8}, [&](std::size_t length, Place& place) {
    const double* const rate = place.put(numbers(length, 0.1, 1.0));
    const double* const weight = place.put(numbers(length, 0.0, 1.0, 2));
    double* const sum = place.put(numbers(length, 0.0, 1.0, 3));
    kernels::add_eight_reciprocals(rate, weight, sum);
    return Values{};
  });
}

TEST(Kernels, CurveChebyshev) {
  for (const std::size_t order : {1U, 2U, 7U, 8U, 9U, 20U}) {
    expect_same_bits(lengths(513), [&](std::size_t length, Place& place) {
      const double* const x = place.put(numbers(length, -1.0, 1.0));
      const double* const weight = place.put(numbers(length, -1.0, 1.0, 2));
      double* const moment = place.put(Values(order));
      kernels::chebyshev_moments(x, weight, length, order, moment);
      double* const sum = place.put(numbers(length, 0.0, 1.0, 3));
      kernels::add_chebyshev_series(moment, order, x, length, sum);
      const double* const matrix = place.put(numbers(order * order, -1.0, 1.0, 4));
      kernels::transform(matrix, moment, order, place.put(Values(order)));
      return Values{};
    });
  }
}

TEST(Kernels, StreamNodes) {
  std::vector<std::size_t> eights;
  for (std::size_t count = 8; count <= 136; count += 8) eights.push_back(count);
  expect_same_bits(eights, [](std::size_t length, Place& place) {
    const double* const rate = place.put(numbers(length, 1e-3, 100.0));
    double* const decay = place.put(Values(length));
    kernels::node_decays(rate, length, 0.7, decay);
    double* const state = place.put(numbers(length, 0.0, 1.0, 2));
    double* const low = place.put(numbers(length, -1e-17, 1e-17, 3));
    return Values{kernels::advance_nodes(rate, decay, length, 0.4, state, low)};
  });
}

/// Of the whole functions, which cut what they are given into blocks.
TEST(Kernels, OmegaAndCurveOfWholeRuns) {
  expect_same_bits({255, 256, 257, 258, 511, 513}, [](std::size_t length, Place& place) {
    const std::span<const double> lr(place.put(numbers(length, 0.1, 1.0)), length);
    const std::span<const double> norm(place.put(numbers(length, 0.5, 2.0, 2)), length);
    const std::span<double> gradient(place.put(Values(length)), length);
    const std::span<double> curve(place.put(Values(length)), length);
    omega_gradient(lr, norm, 1.3, gradient);
    omega_curve(lr, norm, 1.3, curve);
    return Values{omega(lr, norm, 1.3), omega_split(lr, norm, 1.3).last};
  });
}

TEST(Kernels, FillOfEverySchedule) {
  for (const ScheduleHelp& line : schedule_help()) {
    const Schedule schedule = Schedule::parse(line.example);
    const std::int64_t cooldown = schedule.layout().steps.value_or(100) - schedule.layout().cooldown_steps;
    for (const std::int64_t first : {std::int64_t{0}, std::int64_t{3}, cooldown - 5}) {
      if (first < 0) continue;
      expect_same_bits(lengths(258), [&](std::size_t length, Place& place) {
        double* const out = place.put(Values(length));
        schedule.fill(first, {out, length});
        for (std::size_t k = 0; k < length; ++k) {
          EXPECT_EQ(out[k], schedule.lr(first + static_cast<std::int64_t>(k)))
              << line.name << ", " << first << " + " << k;
        }
        return Values{};
      });
      ASSERT_FALSE(HasFatalFailure()) << line.example;
    }
  }
}

}  // namespace
}  // namespace scheduled
