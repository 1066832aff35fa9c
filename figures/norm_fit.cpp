#include "figures/norm_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "figures/fits.hpp"

namespace scheduled::figures {
namespace {

using Vector = std::array<double, 3>;

/// The linear part of the fit: of the eight choices of which coefficients are 0, the best whose others are >= 0.
Vector non_negative(const std::array<Vector, 3>& gram, const Vector& right) {
  Vector best{};
  double lowest = 0.0;  // of x'Gx - 2x'r, which is 0 at x = 0
  for (unsigned chosen = 1; chosen < 8; ++chosen) {
    std::vector<std::size_t> index;
    for (std::size_t k = 0; k < 3; ++k) {
      if ((chosen >> k & 1U) != 0) index.push_back(k);
    }
    std::vector<std::vector<double>> rows;
    std::vector<double> values;
    for (const std::size_t i : index) {
      rows.emplace_back();
      for (const std::size_t j : index) rows.back().push_back(gram[i][j]);
      values.push_back(right[i]);
    }
    std::vector<double> solution;
    try {
      solution = least_squares(rows, values);
    } catch (const std::invalid_argument&) {
      continue;  // columns that are the same: a choice without one of them does as well
    }
    if (*std::min_element(solution.begin(), solution.end()) < 0.0) continue;
    double value = 0.0;  // at a solution x'Gx = x'r
    for (std::size_t k = 0; k < index.size(); ++k) value -= solution[k] * values[k];
    if (value >= lowest) continue;
    lowest = value;
    best = {};
    for (std::size_t k = 0; k < index.size(); ++k) best[index[k]] = solution[k];
  }
  return best;
}

/// The best fit with the given ln rate, ln power, ln growth.
NormFit project(const Vector& logs, std::span<const double> share, std::span<const double> norm) {
  NormFit fit{.rate = std::exp(logs[0]), .power = std::exp(logs[1]), .growth = std::exp(logs[2])};
  std::array<Vector, 3> gram{};
  Vector right{};
  for (std::size_t i = 0; i < share.size(); ++i) {
    const Vector row = {std::exp(-fit.rate * std::pow(share[i], fit.power)), std::pow(share[i], fit.growth), 1.0};
    for (std::size_t j = 0; j < 3; ++j) {
      right[j] += row[j] * norm[i];
      for (std::size_t k = 0; k < 3; ++k) gram[j][k] += row[j] * row[k];
    }
  }
  const Vector linear = non_negative(gram, right);
  fit.start = linear[0];
  fit.end = linear[1];
  fit.floor = linear[2];
  for (std::size_t i = 0; i < share.size(); ++i) fit.squares += std::pow(fit(share[i]) - norm[i], 2);
  return fit;
}

struct Corner {
  Vector at;
  NormFit fit;
  bool operator<(const Corner& other) const { return fit.squares < other.fit.squares; }
};

/// Nelder and Mead's method; the corners are sorted, the best first.
template <class Make>
class Simplex {
 public:
  Simplex(Make make, const Vector& start) : make_(make) {
    corners_.push_back(make_(start));
    for (std::size_t k = 0; k < start.size(); ++k) {
      Vector at = start;
      at[k] += 1.0;
      corners_.push_back(make_(at));
    }
    std::sort(corners_.begin(), corners_.end());
  }

  const Corner& best() const { return corners_.front(); }
  bool settled() const { return corners_.back().fit.squares - best().fit.squares <= 1e-12 * best().fit.squares; }

  void step() {
    Corner& worst = corners_.back();
    const Corner reflected = along(1.0);
    if (reflected < best()) {
      const Corner expanded = along(2.0);
      worst = expanded < reflected ? expanded : reflected;
    } else if (reflected < corners_[corners_.size() - 2]) {
      worst = reflected;
    } else {
      const Corner contracted = along(reflected < worst ? 0.5 : -0.5);
      if (contracted < worst) {
        worst = contracted;
      } else {
        shrink();
      }
    }
    std::sort(corners_.begin(), corners_.end());
  }

 private:
  /// On the line from the worst corner through the middle of the others, `factor` beyond that middle.
  Corner along(double factor) const {
    Vector at{};
    for (std::size_t d = 0; d < at.size(); ++d) {
      double middle = 0.0;
      for (std::size_t k = 0; k + 1 < corners_.size(); ++k) middle += corners_[k].at[d];
      middle /= static_cast<double>(corners_.size() - 1);
      at[d] = middle + factor * (middle - corners_.back().at[d]);
    }
    return make_(at);
  }
  void shrink() {
    for (std::size_t k = 1; k < corners_.size(); ++k) {
      Vector at = corners_[k].at;
      for (std::size_t d = 0; d < at.size(); ++d) at[d] = 0.5 * (at[d] + best().at[d]);
      corners_[k] = make_(at);
    }
  }

  Make make_;
  std::vector<Corner> corners_;
};

}  // namespace

double NormFit::operator()(double share) const {
  return start * std::exp(-rate * std::pow(share, power)) + end * std::pow(share, growth) + floor;
}

NormFit fit_norm(std::span<const double> share, std::span<const double> norm) {
  if (share.size() != norm.size()) throw std::invalid_argument("norm: not as long as share");
  if (share.size() < 6) throw std::invalid_argument("points: fewer than there are coefficients");
  const auto corner = [&](Vector at) {
    for (double& value : at) value = std::clamp(value, -7.0, 7.0);
    return Corner{at, project(at, share, norm)};
  };
  // From a decay over about a tenth of the run and a rise over its last tenth.
  Simplex simplex(corner, {std::log(10.0), std::log(0.5), std::log(8.0)});
  for (int iteration = 0; iteration < 300 && !simplex.settled(); ++iteration) simplex.step();
  return simplex.best().fit;
}

}  // namespace scheduled::figures
