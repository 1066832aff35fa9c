// Merges of files: the bits, the refusals, and the line of a run that they become.
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "anytime/weighted_sum.hpp"
#include "base/safetensors.hpp"
#include "scheduled/error.hpp"
#include "scheduled/merge.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using anytime::FloatType;

std::string bytes_of(const auto& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};  // NOLINT: values as bytes
}

struct Tensor {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

std::string safetensors_of(const std::vector<Tensor>& tensors) {
  std::vector<TensorEntry> entries;
  std::string data;
  for (const Tensor& tensor : tensors) {
    entries.push_back({tensor.name, tensor.dtype, tensor.shape, data.size(), data.size() + tensor.bytes.size()});
    data += tensor.bytes;
  }
  return safetensors_header(entries) + data;
}

Tensor floats(const std::string& name, const std::vector<float>& values) {
  return {name, "F32", {static_cast<std::int64_t>(values.size())}, bytes_of(values)};
}

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

void write_sharded(const fs::path& folder, float value, const std::string& index) {
  fs::create_directory(folder);
  write_text(folder / "a.safetensors", safetensors_of({floats("x", {value, 1.0F})}));
  write_text(folder / "b.safetensors", safetensors_of({floats("y", {2.0F * value})}));
  write_text(folder / "model.safetensors.index.json", index);
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

/// A run with checkpoints of one value at 10, 20, ..., 50.
RunStore run_of(const fs::path& folder) {
  RunStore store = RunStore::init(folder, Schedule::parse("constant(warmup=5, peak=1e-3)"));
  for (std::int64_t step = 10; step <= 50; step += 10) {
    store.commit({.step = step, .data_position = "batch " + std::to_string(step), .keep = step == 50},
                 [&](const fs::path& into) {
                   write_text(into / "model.safetensors", safetensors_of({floats("x", {static_cast<float>(step)})}));
                   write_text(into / "state.json", std::to_string(step));
                 });
  }
  return store;
}

const std::vector<MergeWeight> last_three{{30, 0.25}, {40, 0.25}, {50, 0.5}};

TEST(MergeLine, IsALineOfTheRunWithItsParents) {
  const TemporaryFolder folder;
  {
    RunStore store = run_of(folder / "run");
    EXPECT_EQ(store.record().version, 2);
    const RecordedLine line =
        store.merge({.name = "merged", .weights = last_three, .take = {"state.json"}, .note = "as wsm"});
    EXPECT_EQ(line.merged, (std::vector<MergedCheckpoint>{{3, 0.25}, {4, 0.25}, {5, 0.5}}));
    EXPECT_TRUE(line.finished);
    store.log("merged", std::vector<Metric>{{50, "val_loss", 2.5}});
    EXPECT_TRUE(has(error_of([&] { store.merge({.name = "merged", .weights = last_three}); }), "already"));
    EXPECT_TRUE(has(error_of([&] { store.resume({.line = "merged"}); }), "is finished at step 50"));
    store.branch({.name = "cd", .line = "merged", .cooldown = {steps(10), LinearDecay{}, {}}});
    store.resume({.line = "cd"});
  }
  RunStore store = RunStore::open(folder / "run", RunStore::Access::write);
  const RunRecord record = store.record();
  EXPECT_EQ(record.version, 3);
  const RecordedLine& line = record.line("merged");
  EXPECT_EQ(std::tuple(line.parent, line.start, line.step, line.end, line.note),
            std::tuple("trunk", 50, 50, std::optional<std::int64_t>(50), "as wsm"));
  const RecordedCheckpoint& made = record.checkpoints.back();
  EXPECT_EQ(read_text(folder / "run" / made.folder / "model.safetensors"), safetensors_of({floats("x", {42.5F})}));
  EXPECT_EQ(read_text(folder / "run" / made.folder / "state.json"), "50");
  EXPECT_EQ(made.data_position, "batch 50");
  EXPECT_EQ(store.log_of("merged").at("val_loss").back(), 2.5);
  EXPECT_EQ(store.record().line("cd").start, 50);
  EXPECT_TRUE(store.verify().sound());
  EXPECT_TRUE(store.verify().notes.empty());
  store.gc(1);
  std::vector<std::int64_t> left;
  for (const RecordedCheckpoint& checkpoint : store.record().checkpoints) {
    if (checkpoint.state != RecordedCheckpoint::State::deleted) left.push_back(checkpoint.id);
  }
  EXPECT_EQ(left, (std::vector<std::int64_t>{5, 6})) << "the merge does not use up what --keep holds for a branch";
}

TEST(MergeLine, BadInputIsNamedAndLeavesNothing) {
  const TemporaryFolder folder;
  RunStore store = run_of(folder / "run");
  const auto says = [&](const RunMerge& merge, const char* text) {
    EXPECT_TRUE(has(error_of([&] { store.merge(merge); }), text));
  };
  says({.name = "m", .weights = {{30, 0.5}, {45, 0.5}}}, "weights[1].step = 45: trunk has no checkpoint there");
  says({.name = "m", .weights = {{30, 0.5}, {30, 0.5}}}, "weights[1].step = 30: must be above 30");
  says({.name = "m", .weights = {{30, 1.0}}}, "weights = 1: must be of at least 2 checkpoints");
  says({.name = "trunk", .weights = last_three}, "is the run's own line");
  says({.name = "m", .weights = last_three, .file = "other.safetensors"},
       "checkpoint trunk at step 30 has no such file");
  says({.name = "m", .weights = last_three, .take = {"../x"}}, "take = ../x: checkpoint trunk at step 50 has no such");
  says({.name = "m", .line = "none", .weights = last_three}, "no such line");
  flip_byte(folder / "run" / store.record().checkpoints[3].folder / "model.safetensors");
  EXPECT_TRUE(has(store_error_of([&] { store.merge({.name = "m", .weights = last_three}); }),
                  "checkpoint trunk at step 40 is damaged"));
  EXPECT_EQ(store.record().lines.size(), 1U);
  EXPECT_TRUE(fs::is_empty(folder / "run" / "staging"));
}

TEST(MergeLine, ChangedFilesAreRefused) {
  const TemporaryFolder folder;
  RunStore store = run_of(folder / "run");
  const std::string checkpoint = "run/checkpoints/trunk-";
  const auto refused = [&](const RunMerge& merge) {
    std::string text = store_error_of([&] { store.merge(merge); });
    EXPECT_EQ(store.record().lines.size(), 1U);
    EXPECT_TRUE(fs::is_empty(folder / "run" / "staging"));
    return text;
  };
  const RunMerge merge{.name = "m", .weights = last_three, .take = {"state.json"}};
  write_text(folder.path() / (checkpoint + "50/state.json"), "51");
  EXPECT_TRUE(has(refused(merge),
                  "checkpoint trunk at step 50 is damaged: checkpoints/trunk-50/state.json is not what "
                  "was committed"));
  fs::remove(folder.path() / (checkpoint + "50/state.json"));
  EXPECT_TRUE(has(refused(merge),
                  "checkpoint trunk at step 50 is not available: checkpoints/trunk-50/state.json is "
                  "missing; merge without it"));
  const RunMerge plain{.name = "m", .weights = last_three};
  write_text(folder.path() / (checkpoint + "40/model.safetensors"), safetensors_of({floats("x", {41.0F})}));
  EXPECT_TRUE(has(refused(plain),
                  "checkpoint trunk at step 40 is damaged: checkpoints/trunk-40/model.safetensors is not "
                  "what was committed"));
  write_text(folder.path() / (checkpoint + "40/model.safetensors"), "short");
  EXPECT_TRUE(has(refused(plain),
                  "checkpoint trunk at step 40 is damaged: checkpoints/trunk-40/model.safetensors has 5 "
                  "bytes, not "));
  // What was put there later is not taken for the model that is missing.
  fs::rename(folder.path() / (checkpoint + "40/model.safetensors"),
             folder.path() / (checkpoint + "40/other.safetensors"));
  write_text(folder.path() / (checkpoint + "40/other.safetensors"), safetensors_of({floats("x", {41.0F})}));
  EXPECT_TRUE(has(refused(plain),
                  "checkpoint trunk at step 40 is not available: checkpoints/trunk-40/model.safetensors "
                  "is missing; leave it out of the merge"));
}

TEST(MergeLine, AChangedIndexIsRefused) {
  const TemporaryFolder folder;
  const std::string index = R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})";
  RunStore store = RunStore::init(folder / "run", Schedule::parse("constant(warmup=5, peak=1e-3)"));
  for (const std::int64_t step : {10, 20}) {
    const fs::path from = folder.path() / ("of" + std::to_string(step));
    write_sharded(from, static_cast<float>(step), index);
    store.commit({.step = step}, std::vector<fs::path>{from});
  }
  const RunMerge merge{.name = "m", .weights = {{10, 0.5}, {20, 0.5}}};
  for (const int step : {10, 20}) {
    const fs::path file =
        folder.path() / ("run/checkpoints/trunk-" + std::to_string(step)) / "model.safetensors.index.json";
    write_text(file, R"({"weight_map": {"y": "b.safetensors", "x": "a.safetensors"}})");
    EXPECT_TRUE(has(store_error_of([&] { store.merge(merge); }),
                    "index.json is not what was committed; leave it out of the merge"));
    write_text(file, index);
  }
  fs::remove(folder / "run/checkpoints/trunk-10/b.safetensors");
  EXPECT_TRUE(has(store_error_of([&] { store.merge(merge); }),
                  "checkpoint trunk at step 10 is not available: checkpoints/trunk-10/b.safetensors is missing"));
  fs::copy(folder / "of10" / "b.safetensors", folder / "run/checkpoints/trunk-10/b.safetensors");
  EXPECT_EQ(store.merge(merge).merged.size(), 2U);
  EXPECT_EQ(read_text(folder / "run/checkpoints/m-20/model.safetensors.index.json"), index);
}

TEST(MergeLine, WhatWasCutOffIsTakenInOrMadeAgain) {
  const TemporaryFolder folder;
  { RunStore store = run_of(folder / "run"); }
  fs::copy(folder / "run", folder / "before", fs::copy_options::recursive);
  { RunStore::open(folder / "run", RunStore::Access::write).merge({.name = "m", .weights = last_three}); }
  // As if it had died between the rename of the folder and the entry.
  fs::copy(folder / "run" / "checkpoints" / "m-50", folder / "before" / "checkpoints" / "m-50");
  fs::copy(folder / "before", folder / "again", fs::copy_options::recursive);
  {
    RunStore store = RunStore::open(folder / "before", RunStore::Access::write);
    EXPECT_TRUE(store.verify().sound());
    EXPECT_TRUE(has(store.verify().notes.front(), "checkpoints/m-50 is a checkpoint without an entry"));
    store.merge({.name = "m", .weights = last_three});
    EXPECT_EQ(store.record().checkpoints.back().folder, "checkpoints/m-50-2");
    EXPECT_EQ(store.gc(5).leftovers, std::vector<std::string>{"checkpoints/m-50"});
    EXPECT_TRUE(store.verify().notes.empty());
  }
  EXPECT_TRUE(has(RunStore::repair(folder / "again").recovered.front(), "m"));
  const RunStore store = RunStore::open(folder / "again", RunStore::Access::read);
  EXPECT_EQ(store.record().line("m").merged.size(), 3U);
  EXPECT_TRUE(store.record().line("m").finished);
  EXPECT_TRUE(store.verify().sound());
}

}  // namespace
}  // namespace scheduled
