#include <cmath>
#include <limits>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "bound/kernels/stream.hpp"
#include "scheduled/bound.hpp"

namespace scheduled {
namespace {

using elementary::two_sum;

constexpr double node_width = 0.34657359027997264;  // h = ln(2)/2: trapezoid error 2 exp(-pi^2/h) = 9e-13
// Nodes reach up to s x >= 28 for the smallest distance x (what is left out is exp(-28) = 7e-13 of 1/x), and down to
// s S <= 0.02 for the largest, S; below that five moments stand for all of them (error 0.02^6/720).
constexpr double reach_up = 28.0;
constexpr double reach_down = 0.02;
constexpr std::size_t block = 8;

// With rates and norms in these ranges every intermediate result, q <= 1e200, q/x <= 1e260, D^2/S <= 1e140, is a normal
// number, whatever the order of the steps, and stays one when 1e12 of them are added up.
constexpr double smallest_rate = 1e-60;
constexpr double largest_rate = 1e60;
constexpr double smallest_norm = 1e-40;  // of grad norms and of the distance
constexpr double largest_norm = 1e40;

/// 2^(i/2).
double node_rate(std::int64_t i) {
  const std::int64_t odd = i & 1;
  return std::ldexp(odd != 0 ? 1.4142135623730951 : 1.0, static_cast<int>((i - odd) / 2));
}

void add(double& high, double& low, double term) {
  const auto sum = two_sum(high, term);
  high = sum.hi;
  low += sum.lo;
}

}  // namespace

OmegaStream::OmegaStream(double distance) : distance_(distance), value_(std::numeric_limits<double>::infinity()) {
  if (!(distance >= smallest_norm && distance <= largest_norm)) {
    fail_value("distance", distance, "must be within [1e-40, 1e40]");
  }
}

double OmegaStream::push(double lr, double grad_norm) {
  const auto name = [this](std::string_view what) { return concat({what, "[", std::to_string(steps_), "]"}); };
  if (!(lr == 0.0 || (lr >= smallest_rate && lr <= largest_rate))) {
    fail_value(name("lr"), lr, "must be 0 or within [1e-60, 1e60]");
  }
  if (lr != 0.0 && !(grad_norm == 0.0 || (grad_norm >= smallest_norm && grad_norm <= largest_norm))) {
    fail_value(name("grad_norm"), grad_norm, "must be 0 or within [1e-40, 1e40]");
  }
  ++steps_;
  if (lr == 0.0) return value_;
  double sum = 0.0;
  const bool first = total_ == 0.0;
  add(total_, total_low_, lr);
  if (!first) {
    reach(lr);
    if (lr != last_rate_) {
      kernels::node_decays(rate_.data(), rate_.size(), lr, decay_.data());
      last_rate_ = lr;
    }
    const double explicit_sum = kernels::advance_nodes(rate_.data(), decay_.data(), rate_.size(), last_source_,
                                                       state_.data(), state_low_.data());
    sum = node_width * (explicit_sum + far_tail(lr));
  }
  const double norm2 = grad_norm * grad_norm;
  last_source_ = lr * lr * norm2;
  value_ = 0.5 * (distance_ * distance_ / (total_ + total_low_) + lr * norm2 + sum);
  return value_;
}

std::vector<double> OmegaStream::push_all(std::span<const double> lr, GradNorm grad_norm) {
  grad_norm.check(lr.size());
  std::vector<double> values;
  values.reserve(lr.size());
  SeldomPoll poll(64);
  for (std::size_t i = 0; i < lr.size(); ++i, poll()) values.push_back(push(lr[i], grad_norm[i]));
  return values;
}

/// Makes the nodes cover distances from `lr` to the new total.
void OmegaStream::reach(double lr) {
  if (rate_.empty()) {
    first_ = 2 * static_cast<std::int64_t>(std::ilogb(reach_down / total_)) - static_cast<std::int64_t>(block);
    add_nodes_above(block);
  }
  while (rate_.front() * total_ > reach_down) add_nodes_below();
  while (rate_.back() * lr < reach_up) add_nodes_above(block);
}

/// New nodes above see nothing of earlier steps: those are further away than the nodes so far needed to reach.
void OmegaStream::add_nodes_above(std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) {
    rate_.push_back(node_rate(first_ + static_cast<std::int64_t>(rate_.size())));
    state_.push_back(0.0);
    state_low_.push_back(0.0);
    decay_.push_back(0.0);
  }
  last_rate_ = 0.0;
}

/// New nodes below take their state from the moments: exp(-y) = 1 - y + y^2/2 - ... for y <= 0.02.
void OmegaStream::add_nodes_below() {
  const double old_first = rate_.front();
  first_ -= static_cast<std::int64_t>(block);
  rate_.insert(rate_.begin(), block, 0.0);
  state_.insert(state_.begin(), block, 0.0);
  state_low_.insert(state_low_.begin(), block, 0.0);
  decay_.insert(decay_.begin(), block, 0.0);
  for (std::size_t k = 0; k < block; ++k) {
    rate_[k] = node_rate(first_ + static_cast<std::int64_t>(k));
    const double ratio = rate_[k] / old_first;
    double factor = 1.0;
    for (std::size_t j = 0; j < moments; ++j) {
      add(state_[k], state_low_[k], factor * moment_[j]);
      state_low_[k] += factor * moment_low_[j];
      factor *= -ratio / static_cast<double>(j + 1);
    }
  }
  double factor = 1.0;
  for (std::size_t j = 0; j < moments; ++j) {
    moment_[j] *= factor;
    moment_low_[j] *= factor;
    factor *= rate_.front() / old_first;
  }
  last_rate_ = 0.0;
}

/// Takes the last source and one step into the moments; returns the sum of s A over all nodes below the first.
double OmegaStream::far_tail(double lr) {
  add(moment_[0], moment_low_[0], last_source_);
  const double d = rate_.front() * lr;
  const std::array<double, moments> old = moment_;
  constexpr std::array<std::array<double, moments>, moments> binomial = {
      {{1, 0, 0, 0, 0}, {1, 1, 0, 0, 0}, {1, 2, 1, 0, 0}, {1, 3, 3, 1, 0}, {1, 4, 6, 4, 1}}};
  for (std::size_t j = 1; j < moments; ++j) {
    double power = d;
    for (std::size_t l = j; l-- > 0;) {
      add(moment_[j], moment_low_[j], binomial[j][l] * power * old[l]);
      power *= d;
    }
  }
  // sum over i < 0 of 2^(i (j+1)/2) = r/(1 - r), r = 2^(-(j+1)/2).
  constexpr std::array<double, moments> geometric = {2.414213562373095, 1.0, 0.5469181606780271, 1.0 / 3.0,
                                                     0.21473723385459292};
  double sum = 0.0;
  double sign = 1.0;
  for (std::size_t j = 0; j < moments; ++j) {
    sum += sign * geometric[j] * (moment_[j] + moment_low_[j]);
    sign *= -1.0 / static_cast<double>(j + 1);
  }
  return rate_.front() * sum;
}

namespace {

/// JSON readers take -0 for a whole number and lose its sign.
std::string exact(double value) { return value == 0.0 && std::signbit(value) ? "-0.0" : format_number(value); }

template <class Values>
std::string list(const Values& values) {
  std::string text = "[";
  for (const double value : values) {
    if (text.size() > 1) text += ',';
    text += exact(value);
  }
  return text += ']';
}

/// FNV-1a in 64 bits, as 16 hexadecimal digits: against mishaps, not against malice.
std::string check_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::string digits(16, '0');
  for (std::size_t k = digits.size(); k-- > 0; hash >>= 4U) digits[k] = "0123456789abcdef"[hash & 15U];
  return digits;
}

[[noreturn]] void reject(std::string_view why) {
  fail_argument("stream state", concat({why, "; it must be what save() wrote"}));
}

/// A saved state as JSON, whatever it may be.
class SavedState {
 public:
  explicit SavedState(std::string_view text) : json_(parse(text)) {
    const Json* const version = json_.find("omega_stream");
    checked_ = version != nullptr && *version == Json(2);  // 1 is what 0.1.0 wrote, without a check
    if (version == nullptr || !(checked_ || *version == Json(1))) reject("not a saved stream");
  }

  bool checked() const { return checked_; }
  const Json* check() const { return json_.find("check"); }

  double number(std::string_view key) const {
    const Json* const found = json_.find(key);
    if (found == nullptr || !found->is_number()) reject(concat({key, " is missing"}));
    return found->number();
  }
  std::int64_t whole(std::string_view key) const {
    const Json* const found = json_.find(key);
    if (found == nullptr || !found->is_whole()) reject(concat({key, " is missing"}));
    return found->whole();
  }
  std::vector<double> numbers(std::string_view key) const {
    const Json* const found = json_.find(key);
    if (found == nullptr || !found->is_array()) reject(concat({key, " is missing"}));
    std::vector<double> values;
    for (const Json& item : found->items()) {
      if (!item.is_number() || !std::isfinite(item.number())) {
        reject(concat({key, " holds something else than numbers"}));
      }
      values.push_back(item.number());
    }
    return values;
  }

 private:
  static Json parse(std::string_view text) {
    try {
      return Json::parse(text);
    } catch (const ArgumentError&) {
      return {};
    }
  }

  Json json_;
  bool checked_ = false;
};

}  // namespace

std::string OmegaStream::save() const {
  const std::array<double, 4> sums = {total_, total_low_, last_source_, total_ > 0.0 ? value_ : 0.0};
  const std::string text = concat(
      {R"({"omega_stream":2,"distance":)", format_number(distance_), R"(,"steps":)", std::to_string(steps_),
       R"(,"sums":)", list(sums), R"(,"first":)", std::to_string(first_), R"(,"state":)", list(state_),
       R"(,"state_low":)", list(state_low_), R"(,"moment":)", list(moment_), R"(,"moment_low":)", list(moment_low_)});
  return concat({text, R"(,"check":")", check_of(text), R"("})"});
}

OmegaStream OmegaStream::restore(std::string_view text) {
  const SavedState saved(text);
  OmegaStream stream(saved.number("distance"));
  stream.steps_ = saved.whole("steps");
  stream.first_ = saved.whole("first");
  const auto sums = saved.numbers("sums");
  stream.state_ = saved.numbers("state");
  stream.state_low_ = saved.numbers("state_low");
  const auto moment = saved.numbers("moment");
  const auto moment_low = saved.numbers("moment_low");
  constexpr std::int64_t most = 4000;  // |log2| of every LR allowed, in nodes, and more
  constexpr std::int64_t most_steps = std::int64_t{1} << 53;
  const bool sizes_fit = sums.size() == 4 && moment.size() == moments && moment_low.size() == moments &&
                         stream.state_.size() == stream.state_low_.size() && stream.state_.size() % block == 0 &&
                         stream.state_.size() <= most && stream.first_ >= -most / 2 && stream.first_ <= most / 2 &&
                         stream.steps_ >= 0 && stream.steps_ <= most_steps;
  if (!sizes_fit) reject("sizes do not fit");
  stream.total_ = sums[0];
  stream.total_low_ = sums[1];
  stream.last_source_ = sums[2];
  if (stream.total_ > 0.0) stream.value_ = sums[3];
  std::copy(moment.begin(), moment.end(), stream.moment_.begin());
  std::copy(moment_low.begin(), moment_low.end(), stream.moment_low_.begin());
  for (std::size_t k = 0; k < stream.state_.size(); ++k) {
    stream.rate_.push_back(node_rate(stream.first_ + static_cast<std::int64_t>(k)));
  }
  stream.decay_.assign(stream.state_.size(), 0.0);
  if (saved.checked()) {
    const Json again = Json::parse(stream.save());
    if (saved.check() == nullptr || *saved.check() != *again.find("check"))
      reject("its check does not fit, it was altered");
  }
  return stream;
}

}  // namespace scheduled
