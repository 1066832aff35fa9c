// The run's store as a training uses it: open all the time, or only while something is written.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scheduled/anytime.hpp"
#include "scheduled/cluster.hpp"

namespace scheduled::trainer {

/// Shared: other lines of the run are trained at the same time, so the store is open only for what is written, and
/// metrics wait for the next of these moments.
class RecordAccess {
 public:
  /// `store` was opened for writing with these.
  RecordAccess(RunStore store, std::filesystem::path run, StoreOptions options, bool shared)
      : run_(std::move(run)), options_(std::move(options)) {
    if (!shared) store_.emplace(std::move(store));
  }

  RecordAccess(const RecordAccess&) = delete;
  RecordAccess& operator=(const RecordAccess&) = delete;
  ~RecordAccess();  ///< writes what waits, as far as that works

  RunRecord record() const { return store_ ? store_->record() : RunStore::open(run_, RunStore::Access::read).record(); }

  /// call(store). Shared: waits for other writers first.
  template <class Call>
  auto write(const Call& call) {
    if (store_) return call(*store_);
    RunStore store = open_when_free(run_, patience, options_);
    put(store);
    return call(store);
  }

  /// `metrics` have names that live on.
  void log(const std::string& line, std::span<const Metric> metrics, std::int64_t session);

 private:
  static constexpr std::chrono::minutes patience{10};     // another line's checkpoint may be large
  static constexpr std::chrono::seconds between_logs{5};  // metrics wait for so long

  void put(RunStore& store);  ///< what waits

  struct Waiting {
    std::string line;
    std::int64_t session = 0;
    Metric metric;
  };

  std::filesystem::path run_;
  StoreOptions options_;
  std::optional<RunStore> store_;  ///< nothing: shared
  std::vector<Waiting> waiting_;
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

}  // namespace scheduled::trainer
