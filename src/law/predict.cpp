#include "scheduled/law.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "law/arithmetic.hpp"
#include "law/definition.hpp"
#include "law/fit/coordinates.hpp"
#include "law/fit/uncertainty.hpp"
#include "law/fit/warnings.hpp"
#include "law/seen.hpp"

namespace scheduled {
namespace {

/// Losses and their gradients in the fit's coordinates.
struct Sensitive {
  std::vector<double> loss;
  std::vector<double> gradient;  ///< n x P
  std::vector<double> progress;  ///< by the logarithm of progress; 0 for laws that have no exponent of it
};

Sensitive sensitive(const FittedLaw& fitted, std::span<const double> lr, std::span<const std::int64_t> step) {
  const Law& law = fitted.law;
  const std::size_t P = law.parameters.size();
  const LawCurve curve(law.kind, lr, step, law.reference_rate, law.reference_sum);
  Sensitive s{std::vector<double>(step.size()), std::vector<double>(step.size() * P),
              std::vector<double>(step.size(), 0.0)};
  curve.evaluate(law.parameters, s.loss, s.gradient);
  const auto table = law_parameters(law.kind);
  const auto place = [&](auto is) {
    return static_cast<std::size_t>(std::find_if(table.begin(), table.end(), is) - table.begin());
  };
  const std::size_t A = place([](const LawParameter& p) { return p.name == "A"; });
  const std::size_t exponent = place([](const LawParameter& p) { return p.name == "alpha" || p.name == "s"; });
  for (std::size_t i = 0; i < step.size() && A < P && exponent < P; ++i) {
    s.progress[i] = -law.parameters[exponent] * law.parameters[A] * s.gradient[i * P + A];
  }
  const law::Coordinates coordinates(law.kind, fitted.time);
  for (std::size_t i = 0; i < step.size(); ++i) {
    for (std::size_t j = 0; j < P; ++j) s.gradient[i * P + j] *= coordinates.slope(j, law.parameters[j]);
  }
  return s;
}

/// The same where no fitted run lowers its rate, as the intervals take it: what falls of the rate gain counts by the
/// law's share, as priors that are right one by one say too little of what they give together. Not of trunks at several
/// peaks, which overrule the priors without telling the gain.
Sensitive sensitive_to_fit(const FittedLaw& fitted, std::span<const double> lr, std::span<const std::int64_t> step) {
  Sensitive s = sensitive(fitted, lr, step);
  const double share = law::definition_of(fitted.law.kind).unseen_gain.share;
  if (fitted.decays > 0 || share == 1.0 || !law::lowers_rate(lr) || law::has_peaks(fitted.seen)) return s;
  std::vector<double> held(lr.begin(), lr.end());  // with the highest rate so far
  for (std::size_t k = 1; k < held.size(); ++k) held[k] = std::max(held[k], held[k - 1]);
  const Sensitive of_held = sensitive(fitted, held, step);
  for (std::size_t i = 0; i < s.gradient.size(); ++i) {
    s.gradient[i] = of_held.gradient[i] + share * (s.gradient[i] - of_held.gradient[i]);
  }
  return s;
}

double variance(const FittedLaw& fitted, std::span<const double> gradient) {
  const std::size_t P = gradient.size();
  double sum = 0.0;
  for (std::size_t j = 0; j < P; ++j) {
    for (std::size_t k = 0; k < P; ++k) sum += gradient[j] * gradient[k] * fitted.covariance[j * P + k];
  }
  return std::max(sum, 0.0);
}

/// Variance of the logarithm of progress after update t: a decay departs as it comes to its end.
double departure_at(const law::Departure& apart, const SeenRun& run, std::int64_t t) {
  if (run.decay == 0.0) return apart.peak * apart.peak;
  const double left = static_cast<double>(run.steps - t) / static_cast<double>(run.steps);
  const double decay = std::clamp(1.0 - left / run.decay, 0.0, 1.0) * apart.decay;
  return decay * decay + apart.peak * apart.peak;
}

/// Two rates that differ, in six digits where these tell them apart.
std::pair<std::string, std::string> two_rates(double a, double b) {
  const auto brief = [](double rate) {
    std::array<char, 32> text{};
    return std::string(text.data(), std::to_chars(text.begin(), text.end(), rate, std::chars_format::general, 6).ptr);
  };
  if (brief(a) == brief(b)) return {format_number(a), format_number(b)};
  return {brief(a), brief(b)};
}

void add_unlike_peak(const FittedLaw& fitted, const SeenRun& run, std::vector<std::string>& found) {
  constexpr double rounding = 1.0 + 1e-9;
  const auto by_peak = [](const SeenRun& a, const SeenRun& b) { return a.peak < b.peak; };
  const auto [lowest, highest] = std::minmax_element(fitted.seen.begin(), fitted.seen.end(), by_peak);
  const bool known = !fitted.seen.empty();  // else a file of before
  const double most = known ? highest->peak : fitted.law.reference_rate;
  if (run.peak > most * rounding) {
    const auto [asked, seen] = two_rates(run.peak, most);
    found.push_back(concat({"rates up to ", asked, " are above all that the law was fitted to (", seen, ")"}));
  } else if (known && run.peak * law::near_peak < lowest->peak) {
    const auto [asked, seen] = two_rates(run.peak, lowest->peak);
    found.push_back(concat({"its highest rate ", asked, " is below that of every fitted run (", seen, " and more)"}));
  }
}

void add_unlike_length(const FittedLaw& fitted, const SeenRun& run, std::vector<std::string>& found) {
  const auto steps = static_cast<double>(run.steps);
  if (steps > fitted.time) {
    found.push_back(concat(
        {std::to_string(run.steps), " steps are more than the longest run had (", format_number(fitted.time), ")"}));
  }
  std::int64_t first = 0;
  for (const SeenRun& one : fitted.seen) first = first == 0 ? one.first : std::min(first, one.first);
  if (steps < law::near_factor * static_cast<double>(first)) {
    found.push_back(concat({"it ends after ", std::to_string(run.steps), run.steps == 1 ? " step" : " steps",
                            ", and the first loss that was fitted is that of step ", std::to_string(first)}));
  }
}

/// Variance of the difference of two losses by what of the runs no fitted run has: what both have they have alike.
double departure_between(const FittedLaw& fitted, const SeenRun& a, double progress_a, const SeenRun& b,
                         double progress_b) {
  const law::Departure of_a = law::departure_of(fitted, a);
  const law::Departure of_b = law::departure_of(fitted, b);
  const auto apart = [](bool alike, double x, double y) { return alike ? (x - y) * (x - y) : x * x + y * y; };
  const bool same_peak = std::max(a.peak, b.peak) <= law::near_peak * std::min(a.peak, b.peak);
  const bool same_decay = law::shape_distance(a, b) <= law::near_shape && law::same_end(a, b);
  return apart(same_decay, of_a.decay * progress_a, of_b.decay * progress_b) +
         apart(same_peak, of_a.peak * progress_a, of_b.peak * progress_b);
}

void check_asked(const FittedLaw& fitted, std::span<const double> lr) {
  check_fitted(fitted);
  if (lr.empty()) fail_argument("lr", "must hold at least one rate");
  for (std::size_t i = 0; i < lr.size(); ++i) {
    if (!(lr[i] >= 0.0 && std::isfinite(lr[i]))) fail_entry("lr", i, lr[i], "must be finite and not negative");
  }
}

}  // namespace

void check_fitted(const FittedLaw& fitted) {
  check_law(fitted.law);
  const std::size_t P = fitted.law.parameters.size();
  if (fitted.covariance.size() != P * P) {
    fail_argument("covariance", concat({"has ", std::to_string(fitted.covariance.size()), " entries; must have ",
                                        std::to_string(P * P)}));
  }
  require_non_negative("noise", fitted.noise);
  require_positive("time", fitted.time);
  require_positive("inflation", fitted.inflation);
  if (fitted.decays < 0) fail_value("decays", std::to_string(fitted.decays), "must be >= 0");
  constexpr double rounding = 1e-9;
  for (std::size_t j = 0; j < P; ++j) {
    for (std::size_t k = 0; k <= j; ++k) {
      const double value = fitted.covariance[j * P + k];
      const double most = std::sqrt(fitted.covariance[j * P + j]) * std::sqrt(fitted.covariance[k * P + k]);
      const bool symmetric = std::fabs(value - fitted.covariance[k * P + j]) <= rounding * most;
      if (symmetric && std::fabs(value) <= most * (1.0 + rounding)) continue;  // not with NaN
      fail_entry("covariance", j * P + k, value,
                 "a covariance is symmetric, with entries of at most the root of the diagonal's product");
    }
  }
  law::check_seen(fitted.seen);
  for (const Law& refit : fitted.bootstrap) {
    check_law(refit);
    if (refit.kind != fitted.law.kind) fail_argument("bootstrap", "has a law of another kind");
  }
}

std::vector<Predicted> predict_losses(const FittedLaw& fitted, std::span<const double> lr,
                                      std::span<const std::int64_t> step) {
  check_fitted(fitted);
  const Sensitive s = sensitive_to_fit(fitted, lr, step);
  const SeenRun run = describe_run(lr);
  const law::Departure apart = law::departure_of(fitted, run);
  const std::size_t P = fitted.law.parameters.size();
  std::vector<double> spread(step.size(), 0.0);  // mean square of the refits' distance
  for (const Law& refit : fitted.bootstrap) {
    const std::vector<double> other = law_curve(refit, lr, step);
    for (std::size_t i = 0; i < step.size(); ++i) spread[i] += (other[i] - s.loss[i]) * (other[i] - s.loss[i]);
  }
  std::vector<Predicted> predicted;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const double refits = fitted.bootstrap.empty() ? 0.0 : spread[i] / static_cast<double>(fitted.bootstrap.size());
    const double parameters = std::max(variance(fitted, std::span(s.gradient).subspan(i * P, P)), refits) +
                              departure_at(apart, run, step[i]) * s.progress[i] * s.progress[i];
    const double loss = s.loss[i];
    // Far from all runs a law may fall below 0, where logarithms end: the interval is then that of plain residuals.
    const bool logarithms = fitted.log_residuals && loss > 0.0;
    if (!logarithms) {
      const double noise = fitted.log_residuals ? fitted.noise * std::fabs(loss) : fitted.noise;
      const double half = fitted.inflation * law::ninety * std::sqrt(noise * noise + parameters);
      predicted.push_back({loss, loss - half, loss + half});
      continue;
    }
    const double half =
        fitted.inflation * law::ninety * std::sqrt(fitted.noise * fitted.noise + parameters / (loss * loss));
    predicted.push_back({loss, loss * law::exponential(-half), loss * law::exponential(half)});
  }
  return predicted;
}

std::vector<Predicted> predict_losses(const FittedLaw& fitted, const Schedule& schedule,
                                      std::span<const std::int64_t> step) {
  if (step.empty()) fail_argument("step", "must hold at least one step");
  return predict_losses(fitted, schedule.values(*std::max_element(step.begin(), step.end())), step);
}

Predicted predict_difference(const FittedLaw& fitted, std::span<const double> lr_a, std::span<const double> lr_b) {
  check_fitted(fitted);
  const std::int64_t last_a[] = {static_cast<std::int64_t>(lr_a.size())};
  const std::int64_t last_b[] = {static_cast<std::int64_t>(lr_b.size())};
  Sensitive a = sensitive_to_fit(fitted, lr_a, last_a);
  const Sensitive b = sensitive_to_fit(fitted, lr_b, last_b);
  const double difference = a.loss[0] - b.loss[0];
  for (std::size_t j = 0; j < a.gradient.size(); ++j) a.gradient[j] -= b.gradient[j];
  double refits = 0.0;
  for (const Law& refit : fitted.bootstrap) {
    const double apart = law_curve(refit, lr_a, last_a)[0] - law_curve(refit, lr_b, last_b)[0] - difference;
    refits += apart * apart / static_cast<double>(fitted.bootstrap.size());
  }
  const double apart = departure_between(fitted, describe_run(lr_a), a.progress[0], describe_run(lr_b), b.progress[0]);
  const double half =
      fitted.inflation * law::ninety * std::sqrt(std::max(variance(fitted, a.gradient), refits) + apart);
  return {difference, difference - half, difference + half};
}

std::string not_identified(const FittedLaw& fitted, std::span<const double> lr) {
  check_asked(fitted, lr);
  if (fitted.decays > 0 || !law::lowers_rate(lr) || !law::has_peaks(fitted.seen)) return {};
  return "what a decay gains is not identified: the law was fitted to runs at several peaks none of which lowers its "
         "rate; fit a run with a decay, too, or the runs of one peak alone";
}

void check_identified(const FittedLaw& fitted, std::span<const double> lr) {
  std::string why = not_identified(fitted, lr);
  if (!why.empty()) throw ArgumentError({.requirement = std::move(why)});
}

std::vector<std::string> extrapolations(const FittedLaw& fitted, std::span<const double> lr) {
  check_asked(fitted, lr);
  std::vector<std::string> found;
  const SeenRun run = describe_run(lr);
  add_unlike_peak(fitted, run, found);
  add_unlike_length(fitted, run, found);
  law::add_unlike_rises(fitted.seen, run, found);
  if (fitted.decays == 0 && law::lowers_rate(lr)) {
    found.emplace_back("its rate falls, and no run that the law was fitted to shows what that gains");
  }
  law::add_unlike_decay(fitted.seen, run, found);
  return found;
}

}  // namespace scheduled
