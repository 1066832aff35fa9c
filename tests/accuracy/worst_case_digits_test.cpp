// The function that attains the exact worst case, in 90 digits: f(x_T) = V is an identity, not an approximation.
#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>
#include <random>
#include <vector>

namespace scheduled {
namespace {

/// A number of 300 bits.
class Long {
 public:
  Long(double value = 0.0) { mpfr_init2(v_, 300), mpfr_set_d(v_, value, MPFR_RNDN); }  // NOLINT: a double is one
  Long(const Long& other) { mpfr_init2(v_, 300), mpfr_set(v_, other.v_, MPFR_RNDN); }
  Long& operator=(const Long& other) {
    mpfr_set(v_, other.v_, MPFR_RNDN);
    return *this;
  }
  ~Long() { mpfr_clear(v_); }
  friend Long operator+(const Long& a, const Long& b) { return made(mpfr_add, a, b); }
  friend Long operator-(const Long& a, const Long& b) { return made(mpfr_sub, a, b); }
  friend Long operator*(const Long& a, const Long& b) { return made(mpfr_mul, a, b); }
  friend Long operator/(const Long& a, const Long& b) { return made(mpfr_div, a, b); }
  friend bool operator<(const Long& a, const Long& b) { return mpfr_less_p(a.v_, b.v_) != 0; }
  friend Long root(const Long& a) {
    Long out;
    mpfr_sqrt(out.v_, a.v_, MPFR_RNDN);
    return out;
  }
  double value() const { return mpfr_get_d(v_, MPFR_RNDN); }

 private:
  template <class Operation>
  static Long made(Operation operation, const Long& a, const Long& b) {
    Long out;
    operation(out.v_, a.v_, b.v_, MPFR_RNDN);
    return out;
  }
  mpfr_t v_;
};

Long larger(const Long& a, const Long& b) { return a < b ? b : a; }

Long product(const std::vector<Long>& a, const std::vector<Long>& b) {
  Long sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum = sum + a[i] * b[i];
  return sum;
}

struct Attained {
  double error = 0.0;  ///< f(x_T)/V - 1
  double tie = 0.0;    ///< by how much another piece exceeds the t-th at x_t, over V
};

/// (6.4) and (6.7) as they stand, D = G = 1.
Attained attained(const std::vector<double>& lr) {
  const std::size_t T = lr.size();
  std::vector<Long> q(T);
  Long d, S;
  for (std::size_t t = T - 1; t-- > 0;) {
    const Long eta(lr[t]);
    q[t + 1] = larger(eta, d);
    d = (q[t + 1] + eta) * (q[t + 1] + eta) / q[t + 1];
    S = S + eta;
  }
  const Long W = larger(d, 1.0);
  const Long V = (Long(1.0) / W + W) / 2.0 - S;
  std::vector<std::vector<Long>> g(T, std::vector<Long>(T));
  std::vector<Long> u(T);
  u[0] = Long(1.0) / W;
  Long b = root(Long(1.0) - u[0] * u[0]);
  for (std::size_t t = 0; t < T; ++t) {
    g[t] = u;
    if (t + 1 == T) break;
    const Long a = Long(lr[t]) / q[t + 1];
    g[t][t + 1] = b;
    u[t + 1] = Long() - a * b;
    b = a < 1.0 ? b * root(Long(1.0) - a * a) : Long();
  }
  std::vector<Long> x(T);
  x[0] = 1.0;
  Attained found;
  for (std::size_t t = 0; t < T; ++t) {
    const Long here = product(g[t], x);
    for (const std::vector<Long>& other : g) found.tie = std::max(found.tie, ((product(other, x) - here) / V).value());
    if (t + 1 == T) found.error = std::fabs((here / V - 1.0).value());
    for (std::size_t i = 0; i < T; ++i) x[i] = x[i] - Long(lr[t]) * g[t][i];
  }
  return found;
}

TEST(WorstCaseDigits, TheWorstCaseIsAttainedTo60Digits) {
  std::mt19937_64 random(400);
  std::uniform_real_distribution<double> decades(-6.0, 0.0);
  Attained worst;
  for (int i = 0; i < 400; ++i) {
    std::vector<double> lr(2 + static_cast<std::size_t>(i) % 20);
    for (double& rate : lr) rate = std::pow(10.0, decades(random));
    const Attained found = attained(lr);
    worst.error = std::max(worst.error, found.error);
    worst.tie = std::max(worst.tie, found.tie);
  }
  EXPECT_LE(worst.error, 1e-60);
  EXPECT_LE(worst.tie, 1e-60);
}

}  // namespace
}  // namespace scheduled
