// Resume: where work goes on, and the rules about it.
#include <algorithm>
#include <array>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "anytime/text.hpp"
#include "base/error.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled {
namespace {

using State = RecordedCheckpoint::State;
using anytime::Points;

/// The points of a branch that a trunk goes on from, wsd-s.
Points decayed_points(const RunRecord& record, const ResumeRequest& request) {
  const RecordedLine& trunk = record.line(request.line);
  const RecordedLine& branch = record.line(request.decayed_from);
  if (!trunk.parent.empty())
    fail_value("decayed_from", branch.name, "only the trunk can go on from a cooled-down branch");
  if (branch.parent.empty()) fail_value("decayed_from", branch.name, "must be a branch");
  Points points;
  for (const RecordedCheckpoint* point : anytime::resume_points(record, branch.name)) {
    if (point->line == branch.name) points.push_back(point);
  }
  if (points.empty()) fail_value("decayed_from", branch.name, "has no committed checkpoint");
  if (points.front()->step < trunk.step) {
    fail_value("decayed_from", branch.name,
               concat({"is at step ", std::to_string(points.front()->step), ", behind the trunk at ",
                       std::to_string(trunk.step)}));
  }
  return {points.front()};
}

/// What the line had at `step` before it was resumed from elsewhere, last first: who names the step means it.
Points superseded_at(const RunRecord& record, const std::string& line, std::int64_t step) {
  Points points;
  for (auto at = record.checkpoints.rbegin(); at != record.checkpoints.rend(); ++at) {
    const bool usable = at->state == State::superseded || at->state == State::damaged;
    if (usable && at->line == line && at->step == step) points.push_back(&*at);
  }
  return points;
}

Points points_for(const RunRecord& record, const ResumeRequest& request) {
  const RecordedLine& line = record.line(request.line);
  const bool goes_back = request.step && line.end && *request.step < *line.end;  // a result that is to be made again
  if (line.finished && !goes_back) {
    fail_value("line", line.name,
               concat({"is finished at step ", std::to_string(*line.end), "; there is nothing to resume"}));
  }
  if (!request.decayed_from.empty()) return decayed_points(record, request);
  Points points = anytime::resume_points(record, request.line);
  // Those that could not be read before may be back.
  for (const RecordedCheckpoint* point : anytime::passed_over(record, request.line)) points.push_back(point);
  std::stable_sort(points.begin(), points.end(), [](const auto* a, const auto* b) { return a->step > b->step; });
  if (!request.step) return points;
  const Points superseded = superseded_at(record, request.line, *request.step);
  const bool live = std::any_of(points.begin(), points.end(), [&](const auto* p) { return p->step == *request.step; });
  return live || superseded.empty() ? anytime::points_at(points, *request.step, request.line) : superseded;
}

/// The recorded schedule at `step`, and the one to use, which may only differ where that is asked for.
void settle_schedule(const RunRecord& record, const ResumeRequest& request, Resume& out) {
  const auto spans = anytime::history(record, request.line);
  const Schedule recorded = record.line(request.line).schedule;
  out.schedule = recorded;
  out.lr_before = recorded.lr(out.step);
  if (request.schedule && !(*request.schedule == recorded)) {
    const Schedule& wanted = *request.schedule;
    const double lr = wanted.lr(out.step);
    if (!request.override_schedule) {
      fail_value("schedule", print(wanted),
                 concat({"the record of ", request.line, " says ", print(recorded), "; the LR at step ",
                         std::to_string(out.step), " would jump from ", format_number(out.lr_before), " to ",
                         format_number(lr), " (", anytime::four_digits(lr / out.lr_before),
                         " times); override records the change"}));
    }
    const bool is_branch = !record.line(request.line).parent.empty();
    if (is_branch && recorded.steps() && !wanted.steps()) {
      fail_value("schedule", print(wanted), "must have a horizon, as the branch had");
    }
    out.schedule = wanted;
  }
  const auto end = out.schedule.steps();
  // Who names the end of the line takes back a result that was left behind.
  const bool result = end == out.step && request.step == end && out.schedule == recorded;
  if (end && *end <= out.step && !result) {
    fail_value("schedule", print(out.schedule),
               concat({"must end after step ", std::to_string(out.step), ", where ", request.line, " goes on"}));
  }
  out.lr = out.schedule.lr(out.step);
}

}  // namespace

namespace {

/// The first of `points` that is sound, and what is wrong with those before it.
struct Choice {
  std::optional<RecordedCheckpoint> point = {};
  std::vector<std::string> problems;
  std::vector<std::int64_t> passed;   ///< those with problems
  std::vector<std::int64_t> damaged;  ///< not marked so far
  bool was_marked = false;            ///< the one that was found sound had been damaged
};

Choice choose(const anytime::BoundFolder& run, const Points& points) {
  Choice out;
  for (const RecordedCheckpoint* point : points) {
    const anytime::Finding found = anytime::check_files(run, *point);
    if (found.state == anytime::Finding::State::sound) {
      out.point = *point;
      out.was_marked = point->state == State::damaged;
      break;
    }
    out.passed.push_back(point->id);
    if (point->state != State::damaged) out.damaged.push_back(point->id);
    out.problems.push_back(anytime::not_sound_text(*point, found));
  }
  return out;
}

bool any_deleted(const RunRecord& record, const std::vector<std::int64_t>& ids) {
  return std::any_of(ids.begin(), ids.end(), [&](std::int64_t id) {
    const RecordedCheckpoint* const checkpoint = anytime::find_checkpoint(record, id);
    return checkpoint != nullptr && checkpoint->state == RecordedCheckpoint::State::deleted;
  });
}

}  // namespace

Resume RunStore::resume(const ResumeRequest& request) {
  if (!request.dry_run) state_->require_writer();
  if (request.override_schedule && !request.schedule) fail_argument("override", "needs the schedule to go on with");
  Choice choice = choose(state_->folder, points_for(state_->view(), request));
  // A reader may have looked at what the writer's gc was deleting.
  while (!state_->lock && any_deleted(state_->view(), choice.passed)) {
    choice = choose(state_->folder, points_for(state_->view(), request));
  }
  const RunRecord& record = state_->record;
  Resume out;
  out.damaged = choice.problems;
  if (choice.point) {
    out.step = choice.point->step;
    const auto& external = choice.point->external;
    out.folder = external && external->is_local() ? std::filesystem::path(external->uri)
                                                  : state_->folder.path() / choice.point->folder;
    out.checkpoint = *choice.point;
  }
  const bool had_any = std::any_of(record.checkpoints.begin(), record.checkpoints.end(),
                                   [&](const auto& checkpoint) { return checkpoint.line == request.line; });
  if (!out.checkpoint && (!choice.passed.empty() || had_any || !record.line(request.line).parent.empty())) {
    std::string text = state_->folder.shown() + ": no sound checkpoint of " + request.line + " is left";
    for (const std::string& damage : out.damaged) text += "; " + damage;
    throw StoreError(text);
  }
  settle_schedule(record, request, out);
  const RecordedData data{request.line, out.step, request.data, request.batch, request.sequence};
  anytime::require_data(data);
  if (request.dry_run) {
    out.session = record.line(request.line).session;
    return out;
  }
  std::string facts;
  if (!choice.damaged.empty()) facts += anytime::mark_fact(anytime::CheckpointMark::damaged, choice.damaged);
  if (choice.was_marked) facts += anytime::mark_fact(anytime::CheckpointMark::sound, std::array{choice.point->id});
  const auto origin = out.checkpoint ? std::optional(out.checkpoint->id) : std::nullopt;
  const RecordedSession session =
      state_->make_session(request.line, out.step, origin, out.schedule, request.code_version);
  out.session = session.id;
  facts += anytime::session_fact(session);
  if (!data.empty()) facts += anytime::data_fact(data);
  state_->write(facts, false, anytime::version_of(data));
  anytime::fault_point("resume.committed");
  if (out.checkpoint) out.checkpoint->state = RecordedCheckpoint::State::live;
  return out;
}

}  // namespace scheduled
