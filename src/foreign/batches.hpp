// A batch that grows with what was consumed, as Megatron-LM has it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scheduled::foreign {

/// From a mark on, in samples, an update has so many.
struct BatchFrom {
  std::int64_t mark = 0;
  std::int64_t batch = 0;
};

/// How long a run is: its updates, and the samples that they consume.
struct RunLength {
  std::int64_t updates = 0;
  std::int64_t samples = 0;
};

/// At least one, the first from 0 on; marks increase.
struct Batches {
  std::vector<BatchFrom> from = {};
  std::string key = {};  ///< of the spec: "batch=[0:32, 30000ex:192 by 16]"
  bool beyond = false;   ///< the last update may take the run beyond its samples, also where the batch has grown

  /// Of a run of so many samples; updates while the batch grows may always take it beyond.
  RunLength run(std::int64_t samples) const;
  /// What was consumed before each of the first updates.
  std::vector<double> consumed(std::int64_t updates) const;
};

/// Always the same.
Batches same_batch(std::int64_t batch);
/// From `first` to `last` in equal changes, evenly spread over the first samples. The change divides the difference.
Batches growing_batch(std::int64_t first, std::int64_t change, std::int64_t samples, std::int64_t last);
/// At these marks, which the program has in tokens, so many a sample.
Batches batch_by_steps(std::vector<BatchFrom> from, std::int64_t sequence);

}  // namespace scheduled::foreign
