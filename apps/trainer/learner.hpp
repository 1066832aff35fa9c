// A model with its optimiser: what the training loop sees of them, without LibTorch's headers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "trainer/layout.hpp"

namespace scheduled::trainer {

struct LearnerConfig {
  ModelConfig model;
  std::string device = "cpu";
  int threads = 1;
  double weight_decay = 0.1;  ///< of matrices
  double clip = 1.0;          ///< of the global l2 norm
  bool grad_norm_l1 = false;
  bool double_precision = false;  ///< as what single precision is compared with
};

struct Update {
  double loss = 0.0;          ///< mean negative log-likelihood of a token, before the update [nats]
  double grad_norm = 0.0;     ///< l2, before clipping
  double grad_norm_l1 = 0.0;  ///< before clipping; 0 where it is not asked for
};

/// What training changes, one flat buffer each, in the order of the layout.
struct Weights {
  std::vector<float> values;
  std::vector<float> first, second;  ///< AdamW's moments
};

namespace adam {
constexpr double beta1 = 0.9;
constexpr double beta2 = 0.95;
constexpr double epsilon = 1e-8;
}  // namespace adam
constexpr double rotary_base = 10000.0;  ///< pair j of a head of width w turns by position / base^(2j/w)
constexpr double norm_epsilon = 1e-6;    ///< beside the mean square

class Learner {
 public:
  Learner() = default;
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  virtual ~Learner() = default;

  /// Weights and moments, each layout_of(model).total values.
  virtual void load(const Weights& weights) = 0;
  virtual Weights save() const = 0;

  /// One update with AdamW at the given rate. windows: sequences of context + 1 bytes each. number: of this update,
  /// from 1 on, for the bias correction. The same bits each time on one machine with the same number of threads.
  virtual Update update(std::span<const std::uint8_t> windows, double lr, std::int64_t number) = 0;

  /// Sum of the negative log-likelihoods of the tokens [nats].
  virtual double total_loss(std::span<const std::uint8_t> windows) = 0;
};

/// Throws ArgumentError where the device is not there.
std::unique_ptr<Learner> make_learner(const LearnerConfig& config);

/// "LibTorch 1.13.1".
std::string torch_version();

}  // namespace scheduled::trainer
