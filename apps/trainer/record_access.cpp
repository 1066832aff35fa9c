#include "trainer/record_access.hpp"

namespace scheduled::trainer {

RecordAccess::~RecordAccess() {
  if (waiting_.empty()) return;
  try {
    write([](RunStore&) {});
  } catch (const std::exception&) {  // NOLINT: of what is not committed nothing is promised
  }
}

void RecordAccess::log(const std::string& line, std::span<const Metric> metrics, std::int64_t session) {
  if (store_) {
    store_->log(line, metrics, session);
    return;
  }
  for (const Metric& metric : metrics) waiting_.push_back({line, session, metric});
  if (std::chrono::steady_clock::now() - written_ < between_logs) return;
  try {
    RunStore store = RunStore::open(run_, RunStore::Access::write, options_);
    put(store);
  } catch (const StoreBusy&) {  // they are written with the next checkpoint, at the latest
  }
  written_ = std::chrono::steady_clock::now();
}

void RecordAccess::put(RunStore& store) {
  for (const Waiting& value : waiting_) store.log(value.line, std::span(&value.metric, 1), value.session);
  waiting_.clear();
  written_ = std::chrono::steady_clock::now();
}

}  // namespace scheduled::trainer
