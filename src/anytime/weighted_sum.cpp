#include "anytime/weighted_sum.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace scheduled::anytime {
namespace {

template <class T>
T value_at(std::span<const std::byte> bytes, std::size_t k) {
  T value;
  std::memcpy(&value, bytes.data() + k * sizeof(T), sizeof(T));
  return value;
}

double of_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

constexpr double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + exponent) << 52U);
}

/// The exponent of a half is 112 less than that of a float: a factor 2^112 says so, subnormal ones included.
double of_f16(std::uint16_t bits) {
  const std::uint32_t magnitude = static_cast<std::uint32_t>(bits & 0x7FFFU) << 13U;
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
  const std::uint32_t infinite = scaled >= 65536.0F ? 0x7F800000U : 0U;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | infinite | sign);
}

template <class T, class Value>
void add_each(std::span<const std::byte> values, double weight, std::span<double> sums, const Value& value) {
  for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += weight * value(value_at<T>(values, k));
}

/// To the nearest number with `digits` binary digits behind the first, ties to even; below 2^lowest, to the nearest
/// multiple of 2^(lowest - digits). Exact in float where it is in its range. Without branches, so that it is done for
/// several at once.
template <int digits, int lowest>
float rounded_float(double sum) {
  constexpr unsigned dropped = 52U - digits;
  constexpr std::uint64_t half = (std::uint64_t{1} << (dropped - 1U)) - 1U;
  constexpr double smallest = power_of_two(lowest);
  constexpr double shift = 1.5 * power_of_two(52 + lowest - digits);  // whose last digit is worth the multiple
  const auto bits = std::bit_cast<std::uint64_t>(sum);
  const std::uint64_t up = bits + half + ((bits >> dropped) & 1U);
  const double usual = std::bit_cast<double>(up >> dropped << dropped);
  const double small = std::copysign((sum + shift) - shift, sum);
  const double value = std::abs(sum) >= smallest ? usual : small;
  return static_cast<float>(std::abs(sum) <= std::numeric_limits<double>::max() ? value : sum);
}

std::uint16_t to_bf16(double sum) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(rounded_float<7, -126>(sum)) >> 16U);
}

std::uint16_t to_f16(double sum) {
  constexpr std::uint32_t infinite = 0x7C00U;
  const float value = rounded_float<10, -14>(sum);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | infinite | 0x200U);
  if (std::abs(value) >= 65536.0F) return static_cast<std::uint16_t>(sign | infinite);
  const float scaled = std::abs(value) * 0x1p-112F;  // its bits are those of the half, 13 further left
  return static_cast<std::uint16_t>(sign | std::bit_cast<std::uint32_t>(scaled) >> 13U);
}

template <class T, class Round>
void round_each(std::span<const double> sums, std::span<std::byte> values, const Round& round) {
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const T value = round(sums[k]);
    std::memcpy(values.data() + k * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

std::optional<FloatType> float_type(std::string_view dtype) {
  if (dtype == "BF16") return FloatType::bf16;
  if (dtype == "F16") return FloatType::f16;
  if (dtype == "F32") return FloatType::f32;
  if (dtype == "F64") return FloatType::f64;
  return std::nullopt;
}

std::size_t bytes_of(FloatType type) {
  switch (type) {
    case FloatType::bf16:
    case FloatType::f16:
      return 2;
    case FloatType::f32:
      return 4;
    case FloatType::f64:
      break;
  }
  return 8;
}

void add_weighted(FloatType type, std::span<const std::byte> values, double weight, std::span<double> sums) {
  const auto itself = [](auto value) { return static_cast<double>(value); };
  switch (type) {
    case FloatType::bf16:
      return add_each<std::uint16_t>(values, weight, sums, of_bf16);
    case FloatType::f16:
      return add_each<std::uint16_t>(values, weight, sums, of_f16);
    case FloatType::f32:
      return add_each<float>(values, weight, sums, itself);
    case FloatType::f64:
      return add_each<double>(values, weight, sums, itself);
  }
}

void round_to(FloatType type, std::span<const double> sums, std::span<std::byte> values) {
  switch (type) {
    case FloatType::bf16:
      return round_each<std::uint16_t>(sums, values, to_bf16);
    case FloatType::f16:
      return round_each<std::uint16_t>(sums, values, to_f16);
    case FloatType::f32:
      return round_each<float>(sums, values, [](double sum) { return static_cast<float>(sum); });
    case FloatType::f64:
      return round_each<double>(sums, values, [](double sum) { return sum; });
  }
}

}  // namespace scheduled::anytime
