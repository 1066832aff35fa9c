// What an open store is made of; the operations are in one file each.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "anytime/database.hpp"
#include "anytime/files.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled {
namespace anytime {

constexpr int store_version = 1;
constexpr const char* record_file = "run.sqlite";
constexpr const char* lock_file = "lock";
constexpr const char* checkpoint_folder = "checkpoints";
constexpr const char* staging_folder = "staging";

/// Makes the tables of an empty database.
void create_schema(Database& database);
/// Throws std::invalid_argument where the database is not a run's, or newer than we are.
void check_schema(Database& database, const std::filesystem::path& folder);

/// The whole record, or (for a writer's own use) without the files of checkpoints.
RunRecord read_record(const Database& database, const std::filesystem::path& folder, bool with_files);
std::vector<RecordedFile> read_files(const Database& database, std::int64_t checkpoint);

/// Throws std::invalid_argument where `name` cannot be a line's.
void require_line_name(const std::string& name);

/// Why the files of a checkpoint are not what was recorded; empty: they are.
std::string damage_of(const std::filesystem::path& folder, const RecordedCheckpoint& checkpoint);

}  // namespace anytime

struct RunStore::State {
  struct PendingMetric {
    std::int64_t session, step;
    std::size_t name;  ///< in metric_names
    double value;
  };

  State(const std::filesystem::path& run, StoreOptions options, Access access);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const RunRecord& view();            ///< without files of checkpoints; kept until it changes
  void changed() { cached.reset(); }  ///< after every write but a commit
  std::int64_t now() const;
  void require_writer() const;
  /// The line's current session. Throws std::invalid_argument where it is not `expected`.
  std::int64_t current_session(const RecordedLine& line, std::optional<std::int64_t> expected) const;
  void insert_session(const std::string& line, std::int64_t start, std::optional<std::int64_t> checkpoint,
                      const Schedule& schedule, const std::string& code_version);
  void write_metrics();  ///< in the transaction that is open
  void flush();

  std::filesystem::path folder;
  StoreOptions options;
  std::optional<anytime::WriterLock> lock;
  anytime::Database database;
  std::optional<RunRecord> cached;
  std::int64_t seen_version = -1;  ///< a reader's: SQLite's data_version when it was cached
  std::vector<PendingMetric> pending;
  std::vector<std::string> metric_names;
  std::map<std::string, std::size_t, std::less<>> metric_index;
  std::chrono::steady_clock::time_point flushed = std::chrono::steady_clock::now();
};

}  // namespace scheduled
