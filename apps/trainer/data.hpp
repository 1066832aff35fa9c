// Training text: bytes of files as tokens, read once, in an order that depends on the seed and the step only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "trainer/config.hpp"

namespace scheduled::trainer {

/// The training bytes are cut into windows of context + 1 bytes, each of which begins with the last byte of the one
/// before: so every byte but the first is predicted once in a pass. A seeded shuffle orders the windows of each pass;
/// batch k is made of the next `batch` of them, and what a pass leaves over is not read. So the position of the data
/// is the number of finished updates, and all lines of a run read the same batch at the same step.
class Corpus {
 public:
  /// Reads the files. Throws ArgumentError that names the file: missing, unreadable, empty; and where there is
  /// less than one batch of training windows, or no window for validation.
  explicit Corpus(const TrainConfig& config);

  std::int64_t train_bytes() const noexcept { return static_cast<std::int64_t>(train_.size()); }
  std::int64_t validation_bytes() const noexcept { return static_cast<std::int64_t>(validation_.size()); }
  /// Updates that the data and the number of passes are enough for.
  std::int64_t steps() const noexcept { return batches_ * epochs_; }
  /// Throws ArgumentError, naming the bytes, where they are not enough for so many updates.
  void require(std::int64_t steps) const;
  /// Bytes for so many updates.
  std::int64_t bytes_for(std::int64_t steps) const noexcept { return steps * batch_ * context_ + 1; }
  /// XXH3-64 of training and validation bytes, 16 hexadecimal digits each.
  const std::string& train_sum() const noexcept { return train_sum_; }
  const std::string& validation_sum() const noexcept { return validation_sum_; }

  /// The windows of the 0-based update `step` < steps(): batch times context + 1 bytes.
  void batch(std::int64_t step, std::vector<std::uint8_t>& windows);
  /// Batch k of the validation, of validation_batches(): windows that are spread evenly, the same each time. The last
  /// batch may be smaller.
  void validation_batch(std::int64_t k, std::vector<std::uint8_t>& windows) const;
  std::int64_t validation_batches() const noexcept { return (validation_windows_ + batch_ - 1) / batch_; }

 private:
  void shuffle(std::int64_t epoch);

  std::int64_t context_, batch_, epochs_;
  std::uint64_t seed_;
  std::vector<std::uint8_t> train_, validation_;
  std::string train_sum_, validation_sum_;
  std::int64_t batches_ = 0;             ///< of a pass
  std::int64_t validation_windows_ = 0;  ///< that are used
  std::int64_t validation_there_ = 0;    ///< windows there are
  std::int64_t epoch_ = -1;              ///< that order_ is of
  std::vector<std::uint32_t> order_;
};

}  // namespace scheduled::trainer
