// Weighted sums of values of the types that models are stored in.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace scheduled::anytime {

enum class FloatType { bf16, f16, f32, f64 };

/// Nothing: it is not one of these.
std::optional<FloatType> float_type(std::string_view dtype);
std::size_t bytes_of(FloatType type);

/// sums[i] += weight * value[i], each product and each sum rounded to double. values: sums.size() values of `type`,
/// little-endian.
void add_weighted(FloatType type, std::span<const std::byte> values, double weight, std::span<double> sums);

/// The sums in `type`, rounded to the nearest, ties to even; beyond its range infinite.
void round_to(FloatType type, std::span<const double> sums, std::span<std::byte> values);

}  // namespace scheduled::anytime
