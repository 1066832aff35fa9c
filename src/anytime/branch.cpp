// Branch: a line that leaves another one, and its schedule.
#include <algorithm>
#include <cmath>
#include <memory>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "anytime/text.hpp"
#include "base/error.hpp"
#include "schedule/stage_text.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/trunk.hpp"

namespace scheduled {
namespace {

/// The name that is asked for, or its next attempt. Throws where there is a line of this name.
std::string free_name(const RunRecord& record, const BranchRequest& request) {
  anytime::require_line_name(request.name);
  if (anytime::attempt_of(request.name).first == "trunk") {
    fail_value("name", request.name, "is the run's own line; give another name");
  }
  std::int64_t attempts = 0;
  bool taken = false;
  for (const RecordedLine& line : record.lines) {
    const auto [name, number] = anytime::attempt_of(line.name);
    if (name == request.name) attempts = std::max({attempts, number, std::int64_t{1}});
    taken = taken || line.name == request.name;
  }
  if (!request.attempt) {
    if (taken)
      fail_value("name", request.name, "there is a line of this name already; attempt makes another one of it");
    return request.name;
  }
  if (anytime::attempt_of(request.name).second > 0) {
    fail_value("name", request.name, "must be the name of a branch, to which the number of the attempt is added");
  }
  std::string name = request.name + "/" + std::to_string(attempts + 1);
  anytime::require_line_name(name);
  return name;
}

/// Where it leaves `line`.
RecordedCheckpoint origin_of(const RunRecord& record, const BranchRequest& request, const RecordedLine& line) {
  const anytime::Points points = anytime::resume_points(record, line.name);
  const std::string_view shown = line.parent.empty() ? "the trunk" : std::string_view(line.name);
  if (points.empty()) fail_value("branch", request.name, concat({shown, " has no committed checkpoint to leave from"}));
  if (!request.step) return *points.front();
  if (*request.step > line.step) {
    fail_value("step", std::to_string(*request.step),
               concat({"must be at most ", std::to_string(line.step), ", the last committed checkpoint of ", shown}));
  }
  return *anytime::points_at(points, *request.step, line.name).front();
}

/// What its lengths are counted in.
StepSize step_size_of(const RunRecord& record, const BranchRequest& request, const Schedule& schedule,
                      std::int64_t start) {
  const StepSize& recorded = schedule.spec().step_size;
  const bool asked = request.batch || request.sequence;
  if (!asked && recorded != StepSize{}) return recorded;
  const RecordedData before = record.data_at(request.line, start - 1);
  StepSize out;
  const auto number = [](std::optional<std::int64_t> first, std::optional<std::int64_t> second, double otherwise) {
    return first ? static_cast<double>(*first) : second ? static_cast<double>(*second) : otherwise;
  };
  out.examples = number(request.batch, before.batch, recorded.examples);
  out.sequence = number(request.sequence, before.sequence, recorded.sequence);
  if (out.examples == 0.0) out.sequence = 0.0;  // says nothing by itself
  return out;
}

/// Throws where a length is in what nothing says of a step.
void require_counted(const char* name, const Duration& length, const StepSize& step_size) {
  const bool by_examples = length.unit == Duration::Unit::examples && step_size.examples == 0.0;
  const bool by_tokens = length.unit == Duration::Unit::tokens && step_size.tokens == 0.0 &&
                         (step_size.examples == 0.0 || step_size.sequence == 0.0);
  if (by_examples || by_tokens) {
    fail_value(name, print_duration(length), by_tokens ? "needs batch and sequence" : "needs batch");
  }
}

/// `parent` up to `start`, and then the pieces.
Schedule staged(const Schedule& parent, std::int64_t start, std::vector<Stage> pieces) {
  ScheduleSpec after = parent.spec();
  ScheduleSpec spec;
  std::swap(spec.peak, after.peak);
  std::swap(spec.step_size, after.step_size);
  std::swap(spec.clock, after.clock);
  spec.shape = Stages{std::make_shared<const ScheduleSpec>(std::move(after)), steps(start), std::move(pieces)};
  return Schedule(std::move(spec));
}

/// The line that is left, at the checkpoint where that happens.
struct Departure {
  const RunRecord& record;
  const Schedule& schedule;
  std::int64_t start;

  double before() const { return schedule.lr(start - 1); }
  double there() const { return schedule.lr(start); }
};

double value_of(Rate rate, double peak) {
  return rate.unit == Rate::Unit::percent ? peak * rate.value / 100.0 : rate.value;
}

/// Throws where the branch begins at another rate than the line that it leaves, and that is not asked for.
void require_joined(const BranchRequest& request, const Departure& from, std::optional<Rate> begin) {
  if (!begin || request.override_jump) return;
  const double rate = value_of(*begin, from.schedule.peak());
  if (rate == from.before() || rate == from.there()) return;
  const std::string times =
      from.before() > 0.0 ? concat({" (", anytime::four_digits(rate / from.before()), " times)"}) : std::string();
  fail_value("from_lr", print_rate(*begin),
             concat({request.line, " is at ", format_number(from.before()), " at step ", std::to_string(from.start),
                     "; the LR would jump to ", format_number(rate), times, "; override records the jump"}));
}

/// From `begin` up to the rate that the trunk has at the end of this piece of `count` steps.
Stage rewarming(const Departure& from, double begin, std::int64_t count) {
  const Schedule& trunk = from.record.line("trunk").schedule;
  const std::int64_t last = from.start + count - 1;
  const double rate = trunk.lr(last);
  if (!(rate > 0.0)) {
    fail_value("rewarm", std::to_string(count),
               concat({"the trunk is at 0 at step ", std::to_string(last), "; pieces can say where to"}));
  }
  if (rate < begin) {
    fail_value("rewarm", std::to_string(count),
               concat({"goes up to the trunk's rate at step ", std::to_string(last), ", ", format_number(rate),
                       ", and the branch begins above it, at ", format_number(begin), "; leave it out"}));
  }
  return {.curve = Stage::Rewarm{},
          .to = rate == from.schedule.peak() ? percent_of_peak(100) : absolute_lr(rate),
          .over = steps(count)};
}

/// What comes before the cooldown, and the rate that it ends with.
struct Approach {
  std::vector<Stage> pieces;
  std::int64_t steps = 0;
  double rate = 0.0;
};

Approach approach_of(const BranchRequest& request, const Departure& from, const StepSize& step_size) {
  Approach out{{}, 0, from.before()};
  if (request.from_lr) out.rate = value_of(*request.from_lr, from.schedule.peak());
  const auto add = [&](const char* name, std::optional<Duration> length, const auto& piece) {
    if (!length) return;
    require_counted(name, *length, step_size);
    const std::int64_t count = resolve_steps_after(name, *length, from.start + out.steps, step_size);
    if (count < 1) fail_value(name, print_duration(*length), "must be at least 1 step");
    out.pieces.push_back(piece(count));
    out.steps += count;
  };
  add("rewarm", request.rewarm, [&](std::int64_t count) {
    Stage piece = rewarming(from, out.rate, count);
    out.rate = value_of(*piece.to, from.schedule.peak());
    return piece;
  });
  add("hold", request.hold, [&](std::int64_t count) { return Stage{.over = steps(count)}; });
  return out;
}

Schedule cooled_down(const BranchRequest& request, const Departure& from, const StepSize& step_size) {
  check_cooldown(request.cooldown);
  Approach approach = approach_of(request, from, step_size);
  require_counted("cooldown", request.cooldown.length, step_size);
  const std::int64_t length = cooldown_steps(request.cooldown.length, from.start + approach.steps, step_size);
  const bool only = approach.pieces.empty() && !request.from_lr;
  if (only && !from.schedule.steps() && !from.schedule.spec().cooldown) {
    return Trunk(from.schedule, from.start).branch(from.start, length, request.cooldown);
  }
  const Rate final = request.cooldown.final;
  if (!(approach.rate > 0.0)) {
    if (request.from_lr) fail_value("from_lr", print_rate(*request.from_lr), "must be > 0: the cooldown begins there");
    fail_value("cooldown", std::to_string(length),
               concat({request.line, " is at 0 at step ", std::to_string(from.start), "; rewarm goes back up first"}));
  }
  if (value_of(final, from.schedule.peak()) > approach.rate) {
    fail_value("final", print_rate(final),
               concat({"must not be above the rate before the cooldown, ", format_number(approach.rate)}));
  }
  approach.pieces.push_back({.curve = request.cooldown.decay, .to = final, .over = steps(length)});
  approach.pieces.front().from = request.from_lr;
  return staged(from.schedule, from.start, std::move(approach.pieces));
}

/// With lengths in steps where those in tokens or examples are by what the branch reads, not by its schedule.
std::vector<Stage> pieces_of(const BranchRequest& request, const Departure& from, const StepSize& step_size) {
  std::vector<Stage> pieces = request.pieces;
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    if (pieces[k].over) within_piece(pieces[k], k, [&] { require_counted("over", *pieces[k].over, step_size); });
  }
  if (step_size == from.schedule.spec().step_size) return pieces;
  const auto consumed = [](const std::optional<Duration>& length) {
    return length && (length->unit == Duration::Unit::tokens || length->unit == Duration::Unit::examples);
  };
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    within_piece(request.pieces[k], k, [&] {
      Stage& piece = pieces[k];
      if (consumed(piece.until)) {
        fail_value("until", print_duration(*piece.until),
                   "must be in steps, where the branch does not read what the schedule before it counts by");
      }
      if (consumed(piece.over)) piece.over = steps(resolve_steps("over", *piece.over, std::nullopt, step_size));
    });
  }
  return pieces;
}

/// Below the rate before, held there: what is averaged.
Schedule dropped(const BranchRequest& request, const Departure& from, const StepSize& step_size) {
  if (request.rewarm || request.from_lr) fail_argument("drop", "must be given without rewarm and from_lr");
  if (!request.hold) fail_argument("hold", "must say for how long the rate that it drops to is held");
  const double rate = value_of(*request.drop, from.before());
  if (!(rate > 0.0 && rate < from.before())) {
    fail_value("drop", print_rate(*request.drop),
               concat({"must be above 0 and below the rate before, ", format_number(from.before())}));
  }
  require_counted("hold", *request.hold, step_size);
  const std::int64_t count = resolve_steps_after("hold", *request.hold, from.start, step_size);
  if (count < 1) fail_value("hold", print_duration(*request.hold), "must be at least 1 step");
  return staged(from.schedule, from.start, {{.from = absolute_lr(rate), .over = steps(count)}});
}

Schedule schedule_of(const BranchRequest& request, const Departure& from, const StepSize& step_size) {
  if (request.pieces.empty() && request.drop) return dropped(request, from, step_size);
  if (request.pieces.empty()) {
    require_joined(request, from, request.from_lr);
    return cooled_down(request, from, step_size);
  }
  if (request.rewarm || request.hold || request.from_lr || request.drop) {
    fail_argument("pieces", "must be given without rewarm, hold, from_lr and drop, which they can say");
  }
  require_joined(request, from, request.pieces.front().from);
  return staged(from.schedule, from.start, pieces_of(request, from, step_size));
}

}  // namespace

std::vector<Stage> parse_pieces(std::string_view text) {
  std::vector<Stage> pieces;
  for (;;) {
    const std::size_t comma = text.find(',');
    pieces.push_back(parse_stage(text.substr(0, comma)));
    if (comma == std::string_view::npos) return pieces;
    text.remove_prefix(comma + 1);
  }
}

RecordedLine RunStore::branch(const BranchRequest& request) {
  state_->require_writer();
  const RunRecord& record = state_->view();
  RecordedLine line;
  line.name = free_name(record, request);
  const RecordedLine& parent = record.line(request.line);
  const RecordedCheckpoint origin = origin_of(record, request, parent);
  line.parent = parent.name;
  line.start = origin.step;
  line.note = request.note;
  const RecordedData data{line.name, line.start, request.data, request.batch, request.sequence};
  anytime::require_data(data);
  // The schedule in force where it leaves: an override after that point is not its past.
  const Schedule left = anytime::session_at(record, parent.name, line.start).schedule;
  if (line.start < 1)
    fail_value("step", std::to_string(line.start), "must be at least 1: a branch leaves trained steps");
  const Departure from{record, left, line.start};
  const Schedule schedule = schedule_of(request, from, step_size_of(record, request, left, line.start));
  if (const anytime::Finding found = anytime::check_files(state_->folder, origin); !found.text.empty()) {
    throw StoreError(concat({state_->folder.shown(), ": ", anytime::not_sound_text(origin, found)}));
  }
  const RecordedSession session =
      state_->make_session(line.name, line.start, origin.id, schedule, request.code_version);
  std::string facts = anytime::line_fact(line) + anytime::session_fact(session);
  if (!data.empty()) facts += anytime::data_fact(data);
  state_->write(facts, false, std::max(anytime::version_of(line), anytime::version_of(data)));
  anytime::fault_point("branch.committed");
  return state_->view().line(line.name);
}

}  // namespace scheduled
