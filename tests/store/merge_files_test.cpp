// Merges of files: the bits, and the refusals.
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "anytime/weighted_sum.hpp"
#include "scheduled/error.hpp"
#include "scheduled/merge.hpp"
#include "support/run_folder.hpp"
#include "support/tensor_files.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using anytime::FloatType;

/// Uniform in [-1, 1], the same for a seed.
std::vector<double> noise(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<double> out(count);
  for (double& value : out) value = uniform(random);
  return out;
}

std::string rounded(FloatType type, const std::vector<double>& values) {
  std::string out(values.size() * anytime::bytes_of(type), '\0');
  anytime::round_to(type, values, std::as_writable_bytes(std::span(out)));
  return out;
}

std::vector<double> read_back(FloatType type, const std::string& bytes) {
  std::vector<double> out(bytes.size() / anytime::bytes_of(type));
  anytime::add_weighted(type, std::as_bytes(std::span(bytes)), 1.0, out);
  return out;
}

/// By the definition of the formats, in long double.
double value_of(std::uint16_t bits, int exponent_bits, int digits) {
  const int exponent = (bits >> digits) & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << digits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = bits >> 15 != 0 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1) return fraction == 0 ? sign * HUGE_VAL : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - digits);
  return sign * std::ldexp((1 << digits) + fraction, exponent - bias - digits);
}

TEST(WeightedSum, EveryHalfIsReadAndWrittenBack) {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<std::uint16_t>(k);
  for (const auto& [type, exponent_bits, digits] :
       {std::tuple{FloatType::bf16, 8, 7}, std::tuple{FloatType::f16, 5, 10}}) {
    const std::vector<double> values = read_back(type, bytes_of(all));
    const std::string again = rounded(type, values);
    for (std::size_t k = 0; k < all.size(); ++k) {
      const double wanted = value_of(all[k], exponent_bits, digits);
      std::uint16_t bits = 0;
      std::memcpy(&bits, again.data() + 2 * k, 2);
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(values[k]) && std::isnan(value_of(bits, exponent_bits, digits)));
        continue;
      }
      ASSERT_EQ(values[k], wanted) << k;
      ASSERT_EQ(bits, wanted == 0.0 ? 0 : all[k]);  // a sum from 0 on has no sign
    }
  }
}

/// The neighbours of each number, and the middle between them, which goes to the even one.
TEST(WeightedSum, RoundsOnceToTheNearestEven) {
  for (const auto& [type, exponent_bits, digits, infinite] :
       {std::tuple{FloatType::bf16, 8, 7, 0x7F80}, std::tuple{FloatType::f16, 5, 10, 0x7C00}}) {
    for (int k = 0; k + 1 <= infinite; ++k) {
      const double low = value_of(static_cast<std::uint16_t>(k), exponent_bits, digits);
      const double gap = low - value_of(static_cast<std::uint16_t>(k == 0 ? 1 : k - 1), exponent_bits, digits);
      const double up =
          k + 1 == infinite ? low + gap : value_of(static_cast<std::uint16_t>(k + 1), exponent_bits, digits);
      const double middle = low + (up - low) / 2;
      const std::vector<double> sums = {std::nextafter(middle, 0.0), middle, std::nextafter(middle, 1e300), -middle};
      const std::string out = rounded(type, sums);
      std::uint16_t bits[4];
      std::memcpy(bits, out.data(), sizeof(bits));
      ASSERT_EQ(bits[0], k) << digits;
      ASSERT_EQ(bits[1], k + k % 2) << digits;
      ASSERT_EQ(bits[2], k + 1) << digits;
      ASSERT_EQ(bits[3], 0x8000 | (k + k % 2)) << digits;
    }
  }
  EXPECT_EQ(rounded(FloatType::f32, {1.0 + 0x1p-24}), bytes_of(std::vector<float>{1.0F}));
}

TEST(MergeFiles, SumsOfEveryTypeAreThoseOfTheDefinition) {
  const TemporaryFolder folder;
  const std::vector<double> weights{0.5, 0.125, 0.375};
  constexpr std::size_t count = 200'001;
  std::vector<MergeSource> sources;
  std::map<std::string, std::vector<std::vector<double>>> values;
  const std::vector<std::pair<std::string, FloatType>> types{
      {"F32", FloatType::f32}, {"BF16", FloatType::bf16}, {"F64", FloatType::f64}, {"F16", FloatType::f16}};
  for (std::size_t k = 0; k < weights.size(); ++k) {
    std::vector<Tensor> tensors;
    for (const auto& [name, type] : types) {
      const std::string bytes = rounded(type, noise(count, static_cast<unsigned>(7 * k + name.size())));
      tensors.push_back({"t." + name, name, {3, count / 3}, bytes});
      values[name].push_back(read_back(type, bytes));
    }
    tensors.push_back({"position", "I64", {1}, std::string(8, static_cast<char>(k))});
    tensors.push_back({"none", "F32", {0, 4}, ""});
    const fs::path file = folder.path() / ("m" + std::to_string(k) + ".safetensors");
    write_text(file, safetensors_of(tensors));
    sources.push_back({file, weights[k]});
  }
  const MergedFiles merged = merge_safetensors(sources, folder / "out");
  EXPECT_EQ(merged.files, std::vector<std::string>{"m2.safetensors"});
  EXPECT_EQ(merged.merged, 5);
  EXPECT_EQ(merged.taken, 1);
  const std::string one = read_text(folder / "out" / "m2.safetensors");
  EXPECT_EQ(merged.bytes_written, static_cast<std::int64_t>(one.size()));
  EXPECT_EQ(merged.bytes_read, 3 * merged.bytes_written);
  std::vector<Tensor> wanted;
  for (const auto& [name, type] : types) {
    std::vector<double> sums(count, 0.0);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      for (std::size_t i = 0; i < count; ++i) sums[i] += weights[k] * values[name][k][i];
    }
    wanted.push_back({"t." + name, name, {3, count / 3}, rounded(type, sums)});
  }
  wanted.push_back({"position", "I64", {1}, std::string(8, 2)});
  wanted.push_back({"none", "F32", {0, 4}, ""});
  EXPECT_TRUE(one == safetensors_of(wanted));
  for (const int threads : {2, 3, 8}) {
    const fs::path other = folder.path() / ("out" + std::to_string(threads));
    merge_safetensors(sources, other, threads);
    EXPECT_TRUE(read_text(other / "m2.safetensors") == one) << threads;
  }
}

TEST(MergeFiles, AModelInSeveralFiles) {
  const TemporaryFolder folder;
  const std::string index = R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})";
  write_sharded(folder / "one", 1.0F, index);
  write_text(folder / "two.safetensors", safetensors_of({floats("y", {6.0F}), floats("x", {3.0F, 1.0F})}));
  const std::vector<MergeSource> sources{{folder / "two.safetensors", 0.5}, {folder / "one", 0.5}};
  EXPECT_EQ(merge_safetensors(sources, folder / "out").files,
            (std::vector<std::string>{"a.safetensors", "b.safetensors", "model.safetensors.index.json"}));
  EXPECT_EQ(read_text(folder / "out" / "a.safetensors"), safetensors_of({floats("x", {2.0F, 1.0F})}));
  EXPECT_EQ(read_text(folder / "out" / "b.safetensors"), safetensors_of({floats("y", {4.0F})}));
  EXPECT_EQ(read_text(folder / "out" / "model.safetensors.index.json"), index);
  fs::remove(folder / "one" / "model.safetensors.index.json");
  EXPECT_TRUE(has(error_of([&] { merge_safetensors(sources, folder / "out2"); }),
                  "one: has several files of tensors and no index; name one of a.safetensors, b.safetensors"));
  write_text(folder / "one" / "model.safetensors.index.json", R"({"weight_map": {"x": "a.safetensors"}})");
  merge_safetensors(std::vector<MergeSource>{{folder / "one", 0.5}, {folder / "one" / "a.safetensors", 0.5}},
                    folder / "out3");
  write_text(folder / "one" / "model.safetensors.index.json", R"({"weight_map": {"z": "a.safetensors"}})");
  EXPECT_TRUE(has(error_of([&] { merge_safetensors(sources, folder / "out4"); }),
                  "index.json: tensor 'z' is not in a.safetensors, where the index says that it is"));
}

TEST(MergeFiles, WhatDoesNotFitIsNamed) {
  const TemporaryFolder folder;
  const auto refused = [&](const Tensor& other, std::vector<double> weights = {0.5, 0.5}) {
    write_text(folder / "a.safetensors", safetensors_of({floats("x", {1.0F, 2.0F})}));
    write_text(folder / "b.safetensors", safetensors_of({other}));
    std::string text = error_of([&] {
      merge_safetensors(
          std::vector<MergeSource>{{folder / "b.safetensors", weights[0]}, {folder / "a.safetensors", weights[1]}},
          folder / "out");
    });
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      EXPECT_EQ(entry.path().extension(), ".safetensors") << entry.path() << " is left";
    }
    return text;
  };
  EXPECT_TRUE(has(refused(floats("z", {1.0F, 2.0F})), "b.safetensors: tensor 'x' is missing; "));
  EXPECT_TRUE(has(refused(floats("x", {1.0F})), "b.safetensors: tensor 'x' is F32 [1], in "));
  EXPECT_TRUE(has(refused({"x", "F16", {2}, std::string(4, '\0')}), "convert one of them to the other's type"));
  EXPECT_TRUE(has(refused(floats("x", {1.0F, NAN})),
                  "b.safetensors: tensor 'x': value 1 is nan; leave this checkpoint out of the merge"));
  EXPECT_EQ(refused(floats("x", {1.0F, 2.0F}), {0.5, 0.6}), "weights = 1.1: must sum to 1");
  EXPECT_EQ(refused(floats("x", {1.0F, 2.0F}), {0.5, NAN}), "weights[1] = nan: must be finite");
  const Tensor eighth{"x", "F8_E4M3", {2}, "ab"};
  write_text(folder / "a.safetensors", safetensors_of({eighth}));
  const std::vector<MergeSource> twice{{folder / "a.safetensors", 0.5}, {folder / "a.safetensors", 0.5}};
  EXPECT_TRUE(has(error_of([&] { merge_safetensors(twice, folder / "out"); }),
                  "is F8_E4M3, which is not merged; convert the checkpoints to BF16 or F32"));
  EXPECT_TRUE(has(error_of([&] { merge_safetensors(twice, folder.path()); }), "must be missing or an empty folder"));
  write_text(folder / "a.safetensors", "short");
  EXPECT_TRUE(has(error_of([&] { merge_safetensors(twice, folder / "out"); }),
                  "a.safetensors: 5 bytes: too short for a header"));
  fs::remove(folder / "a.safetensors");
  EXPECT_TRUE(has(error_of([&] { merge_safetensors(twice, folder / "out"); }), "no such file or folder"));
}

TEST(MergeFiles, WhatAnotherMergeLeftIsInNobodysWay) {
  const TemporaryFolder folder;
  write_text(folder / "a.safetensors", safetensors_of({floats("x", {1.0F})}));
  write_text(folder / "b.safetensors", safetensors_of({floats("x", {2.0F})}));
  const std::vector<MergeSource> sources{{folder / "a.safetensors", 0.5}, {folder / "b.safetensors", 0.5}};
  for (const std::string& name : {std::string("out.part"), "out." + std::to_string(::getpid()) + ".part"}) {
    fs::create_directory(folder.path() / name);
    write_text(folder.path() / name / "b.safetensors", "of a merge that was killed");
  }
  EXPECT_EQ(merge_safetensors(sources, folder / "out").files, std::vector<std::string>{"b.safetensors"});
  EXPECT_EQ(read_text(folder / "out" / "b.safetensors"), safetensors_of({floats("x", {1.5F})}));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "out"), fs::directory_iterator()), 1);
  EXPECT_EQ(read_text(folder / "out.part" / "b.safetensors"), "of a merge that was killed");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 5) << "its own is gone";
}

}  // namespace
}  // namespace scheduled
