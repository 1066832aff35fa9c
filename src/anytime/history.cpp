#include "anytime/history.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "base/error.hpp"

namespace scheduled {

const RecordedLine& RunRecord::line(std::string_view name) const {
  std::string there;
  for (const RecordedLine& candidate : lines) {
    if (candidate.name == name) return candidate;
    there += (there.empty() ? "" : ", ") + candidate.name;
  }
  fail_value("line", name, concat({"no such line; there are ", there}));
}

namespace {

/// What `later` says, and of the rest what `earlier` says.
RecordedData said_over(const RecordedData& earlier, RecordedData later) {
  if (later.text.empty()) later.text = earlier.text;
  if (!later.batch) later.batch = earlier.batch;
  if (!later.sequence) later.sequence = earlier.sequence;
  return later;
}

}  // namespace

RecordedData RunRecord::data_at(std::string_view name, std::int64_t step) const {
  RecordedData found{.line = std::string(name), .step = step};
  for (const anytime::Span& span : anytime::history(*this, name)) {
    const std::string& made = span.session->line;
    if (made == name || step < span.session->start || step >= span.end) continue;
    found = data_at(made, step);  // a trunk that went on from a branch has its updates (wsd-s)
    found.line = name;
    return found;
  }
  for (std::size_t depth = 0; depth < lines.size(); ++depth) {
    RecordedData own{.line = std::string(name), .step = step};
    for (const RecordedData& row : data) {
      if (row.line == name && row.step <= step) own = said_over(own, row);
    }
    found = said_over(own, found);
    const RecordedLine& of = line(name);
    if (of.parent.empty()) break;
    name = of.parent;
    step = std::min(step, of.start - 1);  // what it reads from there on the parent said of itself
  }
  return found;
}

namespace anytime {
namespace {

using State = RecordedCheckpoint::State;

bool usable(const RecordedCheckpoint& checkpoint) {
  return checkpoint.state != State::damaged && checkpoint.state != State::deleted;
}

std::string steps_of(const Points& points) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t k = 0; k < std::min(points.size(), most); ++k) {
    text += (k > 0 ? ", " : "") + std::to_string(points[k]->step);
  }
  return text.empty() ? "none" : text + (points.size() > most ? ", ..." : "");
}

}  // namespace

const RecordedCheckpoint* find_checkpoint(const RunRecord& record, std::int64_t id) {
  const auto at =
      std::lower_bound(record.checkpoints.begin(), record.checkpoints.end(), id,
                       [](const RecordedCheckpoint& checkpoint, std::int64_t key) { return checkpoint.id < key; });
  return at != record.checkpoints.end() && at->id == id ? &*at : nullptr;
}

const RecordedCheckpoint* point_of(const RunRecord& record, std::string_view line, std::int64_t step) {
  const std::vector<Span> spans = history(record, line);
  for (auto at = record.checkpoints.rbegin(); at != record.checkpoints.rend(); ++at) {
    if (at->step != step || !usable(*at)) continue;
    for (const Span& span : spans) {
      if (span.session->id == at->session && step <= span.end) return &*at;
    }
  }
  return nullptr;
}

std::vector<Span> history(const RunRecord& record, std::string_view line) {
  std::vector<Span> out;
  std::string_view current = line;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  const RecordedCheckpoint* origin = nullptr;
  for (auto session = record.sessions.rbegin(); session != record.sessions.rend(); ++session) {
    if (session->line != current || session->start > end) continue;
    // What began after the origin was written is not its past, unless it began there, too.
    if (origin != nullptr && session->id > origin->session && session->checkpoint != origin->id) continue;
    out.push_back({&*session, end});
    end = session->start;
    const RecordedCheckpoint* const began =
        session->checkpoint ? find_checkpoint(record, *session->checkpoint) : nullptr;
    if (began == nullptr) continue;
    origin = began;
    current = origin->line;  // older sessions only: ids grow with time
  }
  return out;
}

Points points_at(const Points& points, std::int64_t step, std::string_view line) {
  Points chosen;
  for (const RecordedCheckpoint* point : points) {
    if (point->step == step) chosen.push_back(point);
  }
  if (chosen.empty()) {
    fail_value("step", std::to_string(step),
               concat({line, " has no committed checkpoint there; the last ones are ", steps_of(points)}));
  }
  return chosen;
}

const RecordedSession& session_at(const RunRecord& record, std::string_view line, std::int64_t step) {
  const std::vector<Span> spans = history(record, line);
  for (const Span& span : spans) {
    if (span.session->line == line && step < span.end && span.session->start <= step) return *span.session;
  }
  return *spans.front().session;
}

void settle(RunRecord& record) {
  for (RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (usable(checkpoint)) checkpoint.state = State::superseded;
  }
  std::map<std::int64_t, std::int64_t> end_of;  // of the sessions in the history of their own line
  for (const RecordedLine& line : record.lines) {
    for (const Span& span : history(record, line.name)) {
      if (span.session->line == line.name) end_of[span.session->id] = span.end;
    }
  }
  for (RecordedCheckpoint& checkpoint : record.checkpoints) {
    const auto end = end_of.find(checkpoint.session);
    if (usable(checkpoint) && end != end_of.end() && checkpoint.step <= end->second) checkpoint.state = State::live;
  }
  for (RecordedLine& line : record.lines) {
    const std::vector<Span> spans = history(record, line.name);
    if (spans.empty()) continue;
    line.session = spans.front().session->id;
    line.schedule = spans.front().session->schedule;
    line.end = line.schedule.steps();
    const auto points = resume_points(record, line.name);
    line.step = points.empty() ? line.start : std::max(line.start, points.front()->step);
    line.finished = line.end && line.step >= *line.end;
    if (line.merged.empty()) continue;
    line.end = line.start;
    line.finished = !points.empty() && points.front()->line == line.name;
  }
}

Points resume_points(const RunRecord& record, std::string_view line) {
  Points points;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.line == line && checkpoint.state == State::live) points.push_back(&checkpoint);
  }
  for (const Span& span : history(record, line)) {
    if (span.session->line != line || !span.session->checkpoint) continue;
    const RecordedCheckpoint* const origin = find_checkpoint(record, *span.session->checkpoint);
    const bool other = origin != nullptr && origin->line != line && usable(*origin);
    if (other && std::find(points.begin(), points.end(), origin) == points.end()) points.push_back(origin);
  }
  std::stable_sort(points.begin(), points.end(), [](const auto* a, const auto* b) { return a->step > b->step; });
  return points;
}

Points passed_over(const RunRecord& record, std::string_view line) {
  Points points;
  for (auto at = record.checkpoints.rbegin(); at != record.checkpoints.rend(); ++at) {
    if (at->line != line) continue;
    if (at->state == State::live) break;  // it went on from there
    if (at->state == State::damaged) points.push_back(&*at);
  }
  return points;
}

}  // namespace anytime
}  // namespace scheduled
