#include "figures/norm_fit.hpp"

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"

namespace scheduled::figures {
namespace {

using Vector = Eigen::Vector3d;

/// The linear part of the fit: of the eight choices of which coefficients are 0, the best whose others are >= 0.
Vector non_negative(const Eigen::Matrix3d& gram, const Vector& right) {
  Vector best = Vector::Zero();
  double lowest = 0.0;  // of x'Gx - 2x'r, which is 0 at x = 0
  for (unsigned chosen = 1; chosen < 8; ++chosen) {
    std::vector<Eigen::Index> index;
    for (Eigen::Index k = 0; k < 3; ++k) {
      if ((chosen >> k & 1U) != 0) index.push_back(k);
    }
    Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(gram(index, index));
    qr.setThreshold(1e-13);
    if (!qr.isInvertible()) continue;  // columns that are the same: a choice without one of them does as well
    const Eigen::VectorXd values = right(index);
    const Eigen::VectorXd solution = qr.solve(values);
    if (solution.minCoeff() < 0.0) continue;
    const double value = -solution.dot(values);  // at a solution x'Gx = x'r
    if (value >= lowest) continue;
    lowest = value;
    best.setZero();
    best(index) = solution;
  }
  return best;
}

/// The best fit with the given ln rate, ln power, ln growth.
NormFit project(const Vector& logs, std::span<const double> share, std::span<const double> norm) {
  NormFit fit{.rate = std::exp(logs[0]), .power = std::exp(logs[1]), .growth = std::exp(logs[2])};
  Eigen::Matrix3d gram = Eigen::Matrix3d::Zero();
  Vector right = Vector::Zero();
  for (std::size_t i = 0; i < share.size(); ++i) {
    const Vector row(std::exp(-fit.rate * std::pow(share[i], fit.power)), std::pow(share[i], fit.growth), 1.0);
    right += row * norm[i];
    gram += row * row.transpose();
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
    for (Eigen::Index k = 0; k < start.size(); ++k) {
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
    Vector middle = Vector::Zero();
    for (std::size_t k = 0; k + 1 < corners_.size(); ++k) middle += corners_[k].at;
    middle /= static_cast<double>(corners_.size() - 1);
    return make_(middle + factor * (middle - corners_.back().at));
  }
  void shrink() {
    for (std::size_t k = 1; k < corners_.size(); ++k) corners_[k] = make_(0.5 * (corners_[k].at + best().at));
  }

  Make make_;
  std::vector<Corner> corners_;
};

}  // namespace

double NormFit::operator()(double share) const {
  return start * std::exp(-rate * std::pow(share, power)) + end * std::pow(share, growth) + floor;
}

NormFit fit_norm(std::span<const double> share, std::span<const double> norm) {
  if (share.size() != norm.size()) fail_argument("norm", "not as long as share");
  if (share.size() < 6) fail_argument("points", "fewer than there are coefficients");
  const auto corner = [&](const Vector& anywhere) {
    const Vector at = anywhere.cwiseMax(-7.0).cwiseMin(7.0);
    return Corner{at, project(at, share, norm)};
  };
  // From a decay over about a tenth of the run and a rise over its last tenth.
  Simplex simplex(corner, {std::log(10.0), std::log(0.5), std::log(8.0)});
  for (int iteration = 0; iteration < 300 && !simplex.settled(); ++iteration) simplex.step();
  return simplex.best().fit;
}

}  // namespace scheduled::figures
