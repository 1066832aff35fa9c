// Which sessions make up the history of a line, and which checkpoints belong to it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

/// The updates start < step <= end of a history were made by `session` of the record.
struct Span {
  const RecordedSession* session = nullptr;
  std::int64_t end = 0;
};

/// The history of a line, newest span first, back to step 0: a session ends where a later one on its line began, and
/// one that began at a checkpoint of another line continues the history that line had then.
std::vector<Span> history(const RunRecord& record, std::string_view line);

/// Sets the state of the checkpoints, and step, end, finished, session and schedule of the lines.
void settle(RunRecord& record);

using Points = std::vector<const RecordedCheckpoint*>;

/// Those of `step`. Throws std::invalid_argument with the last ones there are where there is none; `line` is for that.
Points points_at(const Points& points, std::int64_t step, std::string_view line);

/// The session of `line` whose schedule it goes on with at its checkpoint of `step`.
const RecordedSession& session_at(const RunRecord& record, std::string_view line, std::int64_t step);

/// Where `line` can resume from, last first: its own live checkpoints, and those of other lines where it began.
Points resume_points(const RunRecord& record, std::string_view line);

/// Checkpoints of `line` that were found damaged, last first, where nothing was committed after them: when their bytes
/// are back, the line may go on from them.
Points passed_over(const RunRecord& record, std::string_view line);

/// The checkpoint of `step` in the history of `line`, neither deleted nor damaged; null: there is none.
const RecordedCheckpoint* point_of(const RunRecord& record, std::string_view line, std::int64_t step);

const RecordedCheckpoint* find_checkpoint(const RunRecord& record, std::int64_t id);

}  // namespace scheduled::anytime
