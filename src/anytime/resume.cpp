// Resume and branch: where work begins, and the rules about it.
#include <algorithm>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "anytime/text.hpp"
#include "base/error.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/trunk.hpp"

namespace scheduled {
namespace anytime {

std::string damage_of(const std::filesystem::path& folder, const RecordedCheckpoint& checkpoint) {
  for (const RecordedFile& file : checkpoint.files) {
    const std::filesystem::path path = folder / checkpoint.folder / file.name;
    const std::string where = checkpoint.folder + "/" + file.name;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return where + " is missing";
    const RecordedFile found = sum_file(path);
    if (found.bytes != file.bytes) {
      return concat({where, " has ", std::to_string(found.bytes), " bytes, not ", std::to_string(file.bytes)});
    }
    if (found.xxh3 != file.xxh3) return where + " has another checksum than when it was committed";
  }
  return checkpoint.files.empty() ? checkpoint.folder + " has no files on record" : "";
}

}  // namespace anytime

namespace {

using Points = std::vector<const RecordedCheckpoint*>;

std::string steps_of(const Points& points) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t k = 0; k < std::min(points.size(), most); ++k) {
    text += (k > 0 ? ", " : "") + std::to_string(points[k]->step);
  }
  return text.empty() ? "none" : text + (points.size() > most ? ", ..." : "");
}

/// Only the checkpoint of `step`.
Points at_step(const Points& points, std::int64_t step, const std::string& line) {
  Points chosen;
  for (const RecordedCheckpoint* point : points) {
    if (point->step == step) chosen.push_back(point);
  }
  if (chosen.empty()) {
    fail({"step = ", std::to_string(step), ": ", line, " has no committed checkpoint there; the last ones are ",
          steps_of(points)});
  }
  return chosen;
}

/// The points of a branch that a trunk goes on from, wsd-s.
Points decayed_points(const RunRecord& record, const ResumeRequest& request) {
  const RecordedLine& trunk = record.line(request.line);
  const RecordedLine& branch = record.line(request.decayed_from);
  if (!trunk.parent.empty())
    fail({"decayed_from = ", branch.name, ": only the trunk can go on from a cooled-down branch"});
  if (branch.parent.empty()) fail({"decayed_from = ", branch.name, ": must be a branch"});
  Points points;
  for (const RecordedCheckpoint* point : anytime::resume_points(record, branch.name)) {
    if (point->line == branch.name) points.push_back(point);
  }
  if (points.empty()) fail({"decayed_from = ", branch.name, ": has no committed checkpoint"});
  if (points.front()->step < trunk.step) {
    fail({"decayed_from = ", branch.name, ": is at step ", std::to_string(points.front()->step),
          ", behind the trunk at ", std::to_string(trunk.step)});
  }
  return {points.front()};
}

Points points_for(const RunRecord& record, const ResumeRequest& request) {
  const RecordedLine& line = record.line(request.line);
  const bool goes_back = request.step && line.end && *request.step < *line.end;  // a result that is to be made again
  if (line.finished && !goes_back) {
    fail({line.name, ": is finished at step ", std::to_string(*line.end), "; there is nothing to resume"});
  }
  if (!request.decayed_from.empty()) return decayed_points(record, request);
  const Points points = anytime::resume_points(record, request.line);
  return request.step ? at_step(points, *request.step, request.line) : points;
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
      fail({"schedule = ", print(wanted), ": the record of ", request.line, " says ", print(recorded),
            "; the LR at step ", std::to_string(out.step), " would jump from ", format_number(out.lr_before), " to ",
            format_number(lr), " (", anytime::four_digits(lr / out.lr_before), " times); override records the change"});
    }
    const bool is_branch = !record.line(request.line).parent.empty();
    if (is_branch && !wanted.steps()) fail({"schedule = ", print(wanted), ": must have a horizon, as every branch"});
    out.schedule = wanted;
  }
  if (const auto end = out.schedule.steps(); end && *end <= out.step) {
    fail({"schedule = ", print(out.schedule), ": must end after step ", std::to_string(out.step), ", where ",
          request.line, " goes on"});
  }
  out.lr = out.schedule.lr(out.step);
}

}  // namespace

Resume RunStore::resume(const ResumeRequest& request) {
  if (!request.dry_run) state_->require_writer();
  if (request.override_schedule && !request.schedule) fail({"override: needs the schedule to go on with"});
  if (state_->lock && !request.dry_run) state_->flush();
  const RunRecord& record = state_->view();
  const Points points = points_for(record, request);
  Resume out;
  std::vector<std::int64_t> damaged;
  for (const RecordedCheckpoint* point : points) {
    RecordedCheckpoint candidate = *point;
    candidate.files = anytime::read_files(state_->database, candidate.id);
    const std::string damage = anytime::damage_of(state_->folder, candidate);
    if (damage.empty()) {
      out.step = candidate.step;
      out.folder = state_->folder / candidate.folder;
      out.checkpoint = std::move(candidate);
      break;
    }
    damaged.push_back(candidate.id);
    out.damaged.push_back(
        concat({"checkpoint ", candidate.line, " at step ", std::to_string(candidate.step), " is damaged: ", damage}));
  }
  const bool had_any = std::any_of(record.checkpoints.begin(), record.checkpoints.end(),
                                   [&](const auto& checkpoint) { return checkpoint.line == request.line; });
  if (!out.checkpoint && (!points.empty() || had_any || !record.line(request.line).parent.empty())) {
    std::string text = state_->folder.string() + ": no sound checkpoint of " + request.line + " is left";
    for (const std::string& damage : out.damaged) text += "; " + damage;
    throw StoreError(text);
  }
  settle_schedule(record, request, out);
  if (request.dry_run) {
    out.session = record.line(request.line).session;
    return out;
  }
  anytime::Transaction transaction(state_->database);
  anytime::Statement mark(state_->database, "UPDATE checkpoint SET damaged = 1 WHERE id = ?");
  for (const std::int64_t id : damaged) mark.run(id);
  const auto origin = out.checkpoint ? std::optional(out.checkpoint->id) : std::nullopt;
  state_->insert_session(request.line, out.step, origin, out.schedule, request.code_version);
  out.session = state_->database.last_id();
  anytime::fault_point("resume.row_written");
  transaction.commit();
  anytime::fault_point("resume.committed");
  state_->changed();
  return out;
}

RecordedLine RunStore::branch(const std::string& name, std::optional<std::int64_t> step, const Cooldown& cooldown,
                              const std::string& code_version) {
  state_->require_writer();
  anytime::require_line_name(name);
  const RunRecord& record = state_->view();
  for (const RecordedLine& line : record.lines) {
    if (line.name == name) fail({"name = ", name, ": there is a line of this name already"});
  }
  const RecordedLine& trunk = record.line("trunk");
  Points points = anytime::resume_points(record, "trunk");
  if (points.empty()) fail({"branch ", name, ": the trunk has no committed checkpoint to leave from"});
  if (step && *step > trunk.step) {
    fail({"step = ", std::to_string(*step), ": must be at most ", std::to_string(trunk.step),
          ", the last committed checkpoint of the trunk"});
  }
  RecordedCheckpoint origin = *(step ? at_step(points, *step, "trunk") : points).front();
  origin.files = anytime::read_files(state_->database, origin.id);
  // The schedule in force where it leaves: an override after that point is not its past.
  Schedule trunk_schedule = trunk.schedule;
  for (const anytime::Span& span : anytime::history(record, "trunk")) {
    if (span.session->line == "trunk" && origin.step < span.end && span.session->start <= origin.step) {
      trunk_schedule = span.session->schedule;
      break;
    }
  }
  if (trunk_schedule.steps()) {
    fail({"branch ", name, ": the trunk ", print(trunk_schedule), " has a horizon, and with it its own end, at step ",
          std::to_string(*trunk_schedule.steps()), "; branches leave a trunk without one (rsqrt, constant, infinite)",
          "; begin such a run, or go on with one by resume with another schedule and override"});
  }
  const StepSize& step_size = trunk_schedule.spec().step_size;
  const std::int64_t length = cooldown_steps(cooldown.length, origin.step, step_size);
  const Schedule schedule = Trunk(trunk_schedule, origin.step).branch(origin.step, length, cooldown);
  if (const std::string damage = anytime::damage_of(state_->folder, origin); !damage.empty()) {
    throw StoreError(concat({state_->folder.string(), ": checkpoint trunk at step ", std::to_string(origin.step),
                             " is damaged: ", damage}));
  }
  anytime::Transaction transaction(state_->database);
  anytime::Statement(state_->database, "INSERT INTO line(name, parent, start) VALUES(?, 'trunk', ?)")
      .run(name, origin.step);
  anytime::fault_point("branch.line_written");
  state_->insert_session(name, origin.step, origin.id, schedule, code_version);
  anytime::fault_point("branch.session_written");
  transaction.commit();
  anytime::fault_point("branch.committed");
  state_->changed();
  return state_->view().line(name);
}

}  // namespace scheduled
