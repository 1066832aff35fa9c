#include "foreign/batches.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace scheduled::foreign {

RunLength Batches::run(std::int64_t samples) const {
  RunLength run;
  const auto add = [&](std::int64_t count, std::int64_t batch) {
    run.updates += count;
    run.samples += count * batch;
  };
  const auto take_until = [&](std::int64_t mark, std::int64_t batch) {
    if (run.samples < mark) add((mark - run.samples + batch - 1) / batch, batch);
  };
  const std::int64_t most = samples + (beyond ? 0 : 1);
  for (std::size_t k = 0; k + 1 < from.size(); ++k) take_until(std::min(from[k + 1].mark, most), from[k].batch);
  const auto& [grown, batch] = from.back();
  if (beyond) {
    take_until(samples, batch);
    return run;
  }
  if (from.size() > 1) take_until(std::min(grown, samples) + 1, batch);
  add(std::max<std::int64_t>(samples - run.samples, 0) / batch, batch);
  return run;
}

std::vector<double> Batches::consumed(std::int64_t updates) const {
  std::vector<double> all(static_cast<std::size_t>(updates));
  std::int64_t done = 0;
  std::size_t k = 0;
  for (double& one : all) {
    one = static_cast<double>(done);
    while (k + 1 < from.size() && done >= from[k + 1].mark) ++k;
    done += from[k].batch;
  }
  return all;
}

Batches same_batch(std::int64_t batch) { return {{{0, batch}}, concat({"batch=", std::to_string(batch)})}; }

Batches growing_batch(std::int64_t first, std::int64_t change, std::int64_t samples, std::int64_t last) {
  Batches batches{{{0, first}},
                  concat({"batch=[0:", std::to_string(first), ", ", std::to_string(samples),
                          "ex:", std::to_string(last), " by ", std::to_string(change), "]"})};
  const std::int64_t changes = (last - first) / change;
  for (std::int64_t k = 1; k <= changes; ++k) {
    const double mark = std::ceil(static_cast<double>(samples) * static_cast<double>(k) / static_cast<double>(changes));
    batches.from.push_back({static_cast<std::int64_t>(mark), first + k * change});
  }
  return batches;
}

Batches batch_by_steps(std::vector<BatchFrom> from, std::int64_t sequence) {
  Batches batches{std::move(from), "batch=[", true};
  for (std::size_t k = 0; k < batches.from.size(); ++k) {
    const auto& [mark, batch] = batches.from[k];
    batches.key += concat({k == 0 ? "" : ", ", std::to_string(mark), k == 0 ? ":" : "ex:", std::to_string(batch)});
  }
  batches.key += concat({"], seq_length=", std::to_string(sequence)});
  return batches;
}

}  // namespace scheduled::foreign
