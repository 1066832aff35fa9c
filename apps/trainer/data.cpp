#include "trainer/data.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "base/error.hpp"
#include "trainer/random.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

namespace {

void append(const fs::path& file, std::vector<std::uint8_t>& bytes) {
  const auto refuse = [&](const char* why) {
    throw ArgumentError({.requirement = why, .place = Place{"data: " + file.string()}});
  };
  std::error_code error;
  if (!fs::exists(file, error)) refuse("no such file");
  if (fs::is_directory(file, error)) refuse("is a folder; name its files");
  std::ifstream in(file, std::ios::binary);
  const std::size_t before = bytes.size();
  std::array<char, 1 << 16> block{};
  while (in.read(block.data(), block.size()) || in.gcount() > 0) {
    bytes.insert(bytes.end(), block.data(), block.data() + in.gcount());
  }
  if (!in.eof()) refuse("cannot be read");
  if (bytes.size() == before) refuse("is empty");
}

std::string sum_of(const std::vector<std::uint8_t>& bytes) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(bytes.data(), bytes.size())));
  return text.data();
}

}  // namespace

Corpus::Corpus(const TrainConfig& config)
    : context_(config.model.context), batch_(config.batch), epochs_(config.epochs), seed_(config.seed) {
  for (const fs::path& file : config.train) append(file, train_);
  for (const fs::path& file : config.validation) append(file, validation_);
  if (config.validation.empty()) {
    if (config.validation_bytes >= train_bytes()) {
      fail_value("data.validation_bytes", std::to_string(config.validation_bytes),
                 "must be less than the " + std::to_string(train_bytes()) + " bytes of data.train");
    }
    validation_.assign(train_.end() - config.validation_bytes, train_.end());
    train_.resize(train_.size() - validation_.size());
  }
  const std::int64_t windows = (train_bytes() - 1) / context_;
  batches_ = windows / batch_;
  if (batches_ < 1) {
    fail_argument("data.train", std::to_string(train_bytes()) + " bytes for training are not enough: an update reads " +
                                    std::to_string(bytes_for(1)) + " (batch times context, and one)");
  }
  if (windows > std::numeric_limits<std::uint32_t>::max()) {
    fail_argument("data.train",
                  std::to_string(windows) + " windows of " + std::to_string(context_) + " bytes: must be below 2^32");
  }
  validation_there_ = (validation_bytes() - 1) / context_;
  if (validation_there_ < 1) {
    fail_argument("data.validation", std::to_string(validation_bytes()) + " bytes are not enough: must be at least " +
                                         std::to_string(context_ + 1) + ", context + 1");
  }
  validation_windows_ = std::min(validation_there_, config.evaluate_batches * batch_);
  train_sum_ = sum_of(train_);
  validation_sum_ = sum_of(validation_);
}

void Corpus::shuffle(std::int64_t epoch) {
  order_.resize(static_cast<std::size_t>((train_bytes() - 1) / context_));
  std::iota(order_.begin(), order_.end(), 0U);
  // The weights come from the same seed; this is far from their stream.
  Random random(~seed_ + static_cast<std::uint64_t>(epoch) * 0xd1342543de82ef95ULL);
  for (std::size_t k = order_.size(); k > 1; --k) std::swap(order_[k - 1], order_[random.below(k)]);
  epoch_ = epoch;
}

void Corpus::require(std::int64_t end) const {
  if (end <= steps()) return;
  fail_argument("data.train", std::to_string(end) + " updates read " + std::to_string(bytes_for(end)) +
                                  " bytes; there are " + std::to_string(train_bytes()) +
                                  (epochs_ > 1 ? " times " + std::to_string(epochs_) + " epochs" : "") +
                                  ", enough for " + std::to_string(steps()) +
                                  " updates; give more files, more data.epochs, or fewer steps");
}

void Corpus::batch(std::int64_t step, std::vector<std::uint8_t>& windows) {
  if (step / batches_ != epoch_) shuffle(step / batches_);
  const std::int64_t first = step % batches_ * batch_;
  windows.clear();
  for (std::int64_t k = first; k < first + batch_; ++k) {
    const auto begin = train_.begin() + static_cast<std::int64_t>(order_[static_cast<std::size_t>(k)]) * context_;
    windows.insert(windows.end(), begin, begin + context_ + 1);
  }
}

void Corpus::validation_batch(std::int64_t k, std::vector<std::uint8_t>& windows) const {
  windows.clear();
  const std::int64_t end = std::min((k + 1) * batch_, validation_windows_);
  for (std::int64_t window = k * batch_; window < end; ++window) {
    const auto begin = validation_.begin() + window * validation_there_ / validation_windows_ * context_;
    windows.insert(windows.end(), begin, begin + context_ + 1);
  }
}

}  // namespace scheduled::trainer
