// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "design/records.hpp"
#include "law/records.hpp"
#include "runlog/records.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/merge.hpp"
#include "scheduled/plan.hpp"

namespace scheduled {

template <>
struct Words<RecordedCheckpoint::State> {
  static constexpr std::array<std::string_view, 4> words{"live", "superseded", "damaged", "deleted"};
};
template <>
struct Words<FilePlaced> {
  static constexpr std::array<std::string_view, 3> words{"written", "cloned", "linked"};
};
template <>
struct Words<ExternalKind> {
  static constexpr std::array<std::string_view, 4> words{"dcp", "orbax", "safetensors", "other"};
};
template <>
struct Words<RunStore::Access> {
  static constexpr std::array<std::string_view, 2> words{"read", "write"};
};

template <>
struct Record<PlannedBranch> {
  static constexpr std::string_view name = "PlannedBranch";
  static constexpr std::string_view meaning = "One result: the branch that leaves the trunk for it";
  static constexpr FieldList fields{
      Field{"result", &PlannedBranch::result, "steps", "Its total budget"},
      Field{"start", &PlannedBranch::start, "steps", "The step at which it leaves the trunk"},
      Field{"cooldown", &PlannedBranch::cooldown, "steps", "Length of its cooldown"},
      Field{"schedule", &PlannedBranch::schedule, "", "Trunk and cooldown as one schedule of `result` steps"},
      Field{"bound_at_own_peak", &PlannedBranch::bound_at_own_peak, "loss", "The bound at the trunk's own peak"},
      Field{"bound", &PlannedBranch::bound, "loss", "The bound at the plan's peak"},
      Field{"cosine", &PlannedBranch::cosine, "", "A cosine run of as many steps at its best peak"},
      Field{"ratio", &PlannedBranch::ratio, "", "The bound over that of the cosine run; free of the scales of D and G"},
      Field{"worst_case", &PlannedBranch::worst_case, "loss",
            "The exact worst case of its end, at the plan's peak; none where grad norms vary"},
      Field{"averaged", &PlannedBranch::averaged, "loss",
            "Without the branch: that of the average of as many last iterates of the trunk; none where its rates rise"},
      Field{"loss", &PlannedBranch::loss, "nats",
            "Predicted loss with its 90 % interval, at the trunk's own peak; none without a law"},
      Field{"share", &PlannedBranch::share, "", "Cooldown over result"}};
};

template <>
struct Record<PlannedCheckpoint> {
  static constexpr std::string_view name = "PlannedCheckpoint";
  static constexpr std::string_view meaning = "A checkpoint to keep, and until when";
  static constexpr FieldList fields{
      Field{"step", &PlannedCheckpoint::step, "steps", "Finished updates"},
      Field{"is_result", &PlannedCheckpoint::is_result, "",
            "The end of a branch, to be kept; else where branches leave"},
      Field{"needed_by", &PlannedCheckpoint::needed_by, "", "Indices of the branches after which it may go"},
      Field{"after_trunk_step", &PlannedCheckpoint::after_trunk_step, "steps",
            "It is also kept until the trunk has committed this step; none: no such step"}};
};

template <>
struct Record<AnytimePlan> {
  static constexpr std::string_view name = "AnytimePlan";
  static constexpr std::string_view meaning = "A trunk, its branches, and what they cost";
  static constexpr FieldList fields{
      Field{"trunk", &AnytimePlan::trunk, "", "The trunk, as given"},
      Field{"branches", &AnytimePlan::branches, "", "One per result, in their order"},
      Field{"checkpoints", &AnytimePlan::checkpoints, "", "By step"},
      Field{"trunk_steps", &AnytimePlan::trunk_steps, "steps", "The last step at which a branch leaves"},
      Field{"total_steps", &AnytimePlan::total_steps, "steps", "Steps of trunk and branches"},
      Field{"separate_steps", &AnytimePlan::separate_steps, "steps", "Steps of one run per result instead"},
      Field{"overhead", &AnytimePlan::overhead, "", "total_steps over the longest budget, minus 1"},
      Field{"peak", &AnytimePlan::peak, "distance^2/loss",
            "The trunk's peak at which the largest ratio is smallest; its own where `tuned` is false"},
      Field{"tuned", &AnytimePlan::tuned, "", "False where the trunk's rates are not proportional to its peak"}};
};

template <>
struct Words<ResultWay> {
  static constexpr std::array<std::string_view, 4> words{"cooldown", "merge", "ema", "schedule-free"};
};

template <>
struct Record<WayResult> {
  static constexpr std::string_view name = "WayResult";
  static constexpr std::string_view meaning = "A result, made one way";
  static constexpr FieldList fields{
      Field{"result", &WayResult::result, "steps", "Its total budget"},
      Field{"extra_steps", &WayResult::extra_steps, "steps", "Steps that nothing but this result needs"},
      Field{"bound", &WayResult::bound, "loss",
            "What f(x) - f* is at most, at the plan's peak; none where some grad norm is 0"},
      Field{"best", &WayResult::best, "loss", "The same at the common factor of the rates where it is smallest"},
      Field{"factor", &WayResult::factor, "", "That factor on the rates of the plan"},
      Field{"ratio", &WayResult::ratio, "",
            "`best` over the worst case of a cosine run of as many steps at its own best"},
      Field{"loss", &WayResult::loss, "nats",
            "Predicted loss with its 90 % interval, at the trunk's own peak: of the branch; for an average, of the run "
            "that it imitates, of which averages of models reach a part; none without a law"}};
};

template <>
struct Record<ComparedWay> {
  static constexpr std::string_view name = "ComparedWay";
  static constexpr std::string_view meaning = "One way to the results of a plan: what it costs and guarantees";
  static constexpr FieldList fields{
      Field{"way", &ComparedWay::way, "", "Which one"},
      Field{"total_steps", &ComparedWay::total_steps, "steps", "Of everything that is trained"},
      Field{"extra_steps", &ComparedWay::extra_steps, "steps", "Beyond the longest budget"},
      Field{"checkpoints", &ComparedWay::checkpoints, "",
            "Checkpoints that are there at once, at most: results and the trunk's last two too"},
      Field{"bytes", &ComparedWay::bytes, "bytes", "Of so many; 0 where the size of one was not said"},
      Field{"copies", &ComparedWay::copies, "",
            "Copies of the weights beside the trained ones, in memory and in checkpoints to resume from"},
      Field{"results", &ComparedWay::results, "", "By result"}};
};

template <>
struct Record<RecordedFile> {
  static constexpr std::string_view name = "RecordedFile";
  static constexpr std::string_view meaning = "One file of a checkpoint";
  static constexpr FieldList fields{Field{"name", &RecordedFile::name, "", "Relative to the checkpoint's folder"},
                                    Field{"bytes", &RecordedFile::bytes, "bytes", "Its size"},
                                    Field{"xxh3", &RecordedFile::xxh3, "", "XXH3-128 of its bytes, in hexadecimal"},
                                    Field{"placed", &RecordedFile::placed, "",
                                          "'written' or copied; 'cloned': shares blocks with its source until one is "
                                          "written; 'linked': the same file as its source"}};
};

template <>
struct Record<RecordedExternal> {
  static constexpr std::string_view name = "RecordedExternal";
  static constexpr std::string_view meaning = "Where a checkpoint is that another system wrote";
  static constexpr FieldList fields{
      Field{"uri", &RecordedExternal::uri, "", "An absolute path, or SCHEME://PLACE of what cannot be read here"},
      Field{"kind", &RecordedExternal::kind, "", "By its marker: 'dcp', 'orbax', 'safetensors', or 'other'"},
      Field{"marker", &RecordedExternal::marker, "", "The file that is written last, relative to it"},
      Field{"marker_xxh3", &RecordedExternal::marker_xxh3, "", "XXH3-128 of that; empty where it could not be read"},
      Field{"files", &RecordedExternal::files, "", "How many there were"},
      Field{"bytes", &RecordedExternal::bytes, "bytes", "Of all of them"}};
};

template <>
struct Record<RecordedCheckpoint> {
  static constexpr std::string_view name = "RecordedCheckpoint";
  static constexpr std::string_view meaning = "A committed checkpoint";
  static constexpr FieldList fields{
      Field{"id", &RecordedCheckpoint::id, "", "In the order of commits"},
      Field{"session", &RecordedCheckpoint::session, "", "Id of the session that wrote it"},
      Field{"line", &RecordedCheckpoint::line, "", "The trunk or a branch"},
      Field{"step", &RecordedCheckpoint::step, "steps", "Finished updates; the update after it has the rate lr(step)"},
      Field{"state", &RecordedCheckpoint::state, "",
            "'live'; 'superseded': the line was resumed from before it; 'damaged': it was, or could not be "
            "read, when its line was resumed from before it; 'deleted' by gc"},
      Field{"folder", &RecordedCheckpoint::folder, "", "Relative to the run's"},
      Field{"files", &RecordedCheckpoint::files, "", "By name"},
      Field{"data_position", &RecordedCheckpoint::data_position, "", "Where the data stream was"},
      Field{"rng_state", &RecordedCheckpoint::rng_state, "", "State of the random numbers, as it was given"},
      Field{"code_version", &RecordedCheckpoint::code_version, "", "Version of the training program"},
      Field{"keep", &RecordedCheckpoint::keep, "", "gc keeps it until a branch that starts here is finished"},
      Field{"time", &RecordedCheckpoint::time, "microseconds since 1970", "For people only"},
      Field{"external", &RecordedCheckpoint::external, "",
            "Where it is, if not in `folder`, which then has the names and sizes of its files (external.json)"}};
};

template <>
struct Record<RecordedSession> {
  static constexpr std::string_view name = "RecordedSession";
  static constexpr std::string_view meaning = "A stretch of work on a line, from its start or from a resume";
  static constexpr FieldList fields{
      Field{"id", &RecordedSession::id, "", "In the order of starts"},
      Field{"line", &RecordedSession::line, "", "The trunk or a branch"},
      Field{"start", &RecordedSession::start, "steps", "Finished updates when it began"},
      Field{"checkpoint", &RecordedSession::checkpoint, "", "Id of the checkpoint where it began; none: from scratch"},
      Field{"schedule", &RecordedSession::schedule, "", "The schedule in force"},
      Field{"schedule_hash", &RecordedSession::schedule_hash, "", "Hash of the schedule's text, as it was recorded"},
      Field{"code_version", &RecordedSession::code_version, "", "Version of the training program"},
      Field{"time", &RecordedSession::time, "microseconds since 1970", "For people only"}};
};

template <>
struct Record<RecordedData> {
  static constexpr std::string_view name = "RecordedData";
  static constexpr std::string_view meaning = "Data that a line reads from a step on";
  static constexpr FieldList fields{
      Field{"line", &RecordedData::line, "", "The trunk or a branch"},
      Field{"step", &RecordedData::step, "steps", "Finished updates before the first that reads it"},
      Field{"text", &RecordedData::text, "", "As it was said"},
      Field{"batch", &RecordedData::batch, "examples", "Per step; none: as before"},
      Field{"sequence", &RecordedData::sequence, "tokens", "Per example; none: as before"}};
};

template <>
struct Record<MergedCheckpoint> {
  static constexpr std::string_view name = "MergedCheckpoint";
  static constexpr std::string_view meaning = "One checkpoint of a recorded merge";
  static constexpr FieldList fields{Field{"checkpoint", &MergedCheckpoint::checkpoint, "", "Its id"},
                                    Field{"weight", &MergedCheckpoint::weight, "", "Its weight; their sum is 1"}};
};

template <>
struct Record<RecordedLine> {
  static constexpr std::string_view name = "RecordedLine";
  static constexpr std::string_view meaning = "The trunk, a branch, or a merge";
  static constexpr FieldList fields{
      Field{"name", &RecordedLine::name, "", "'trunk', or the branch's name, with the number of an attempt NAME/2"},
      Field{"parent", &RecordedLine::parent, "", "The line that it left; empty for the trunk"},
      Field{"start", &RecordedLine::start, "steps", "Where it left its parent"},
      Field{"step", &RecordedLine::step, "steps", "Step of the last live checkpoint, else `start`"},
      Field{"end", &RecordedLine::end, "steps", "Its total steps; none for a line without a horizon"},
      Field{"finished", &RecordedLine::finished, "", "True where it has a checkpoint at its end"},
      Field{"session", &RecordedLine::session, "", "Id of the current session"},
      Field{"schedule", &RecordedLine::schedule, "", "The schedule in force now"},
      Field{"note", &RecordedLine::note, "", "As it was said when the line began"},
      Field{"merged", &RecordedLine::merged, "", "The checkpoints that it is a merge of; empty: it is none"}};
};

template <>
struct Record<RunRecord> {
  static constexpr std::string_view name = "RunRecord";
  static constexpr std::string_view meaning = "The whole record but the metrics, at one moment";
  static constexpr FieldList fields{Field{"folder", &RunRecord::folder, "", "Of the run"},
                                    Field{"version", &RunRecord::version, "", "Of the store's format"},
                                    Field{"lines", &RunRecord::lines, "", "The trunk first"},
                                    Field{"sessions", &RunRecord::sessions, "", "In the order of starts"},
                                    Field{"checkpoints", &RunRecord::checkpoints, "", "In the order of commits"},
                                    Field{"data", &RunRecord::data, "", "What the lines read"}};
};

template <>
struct Record<LineFact> {
  static constexpr std::string_view name = "LineFact";
  static constexpr std::string_view meaning = "What is recorded of two lines";
  static constexpr FieldList fields{Field{"what", &LineFact::what, "", "Which fact"},
                                    Field{"a", &LineFact::a, "", "Of the first line; empty: not said"},
                                    Field{"b", &LineFact::b, "", "Of the second line"},
                                    Field{"same", &LineFact::same, "", "True where they are the same"}};
};

template <>
struct Record<LineLoss> {
  static constexpr std::string_view name = "LineLoss";
  static constexpr std::string_view meaning = "A loss that two lines logged at one step";
  static constexpr FieldList fields{
      Field{"column", &LineLoss::column, "", "Its name"}, Field{"step", &LineLoss::step, "steps", "Finished updates"},
      Field{"a", &LineLoss::a, "", "Of the first line"}, Field{"b", &LineLoss::b, "", "Of the second line"},
      Field{"difference", &LineLoss::difference, "", "b - a"}};
};

template <>
struct Record<LineDiff> {
  static constexpr std::string_view name = "LineDiff";
  static constexpr std::string_view meaning = "Two lines side by side";
  static constexpr FieldList fields{
      Field{"a", &LineDiff::a, "", "The first line, RUN:LINE"}, Field{"b", &LineDiff::b, "", "The second line"},
      Field{"common", &LineDiff::common, "steps", "Updates that they share; none: they are of two runs"},
      Field{"facts", &LineDiff::facts, "", "What is recorded of them"},
      Field{"losses", &LineDiff::losses, "", "What both logged beyond the common updates, by column and step"}};
};

template <>
struct Record<Resume> {
  static constexpr std::string_view name = "Resume";
  static constexpr std::string_view meaning = "Where to go on: load `folder`, make the next update with `lr`";
  static constexpr FieldList fields{
      Field{"session", &Resume::session, "", "Id of the session that began; for commits and logs"},
      Field{"step", &Resume::step, "steps", "Finished updates"},
      Field{"lr", &Resume::lr, "", "The rate of the next update, schedule.lr(step)"},
      Field{"schedule", &Resume::schedule, "", "The schedule in force"},
      Field{"folder", &Resume::folder, "", "Of the checkpoint; none: from scratch"},
      Field{"checkpoint", &Resume::checkpoint, "", "Its record; none: from scratch"},
      Field{"lr_before", &Resume::lr_before, "", "By the recorded schedule; differs after an override"},
      Field{"damaged", &Resume::damaged, "", "Checkpoints that were damaged or not available and were passed over"}};
};

template <>
struct Record<VerifyReport> {
  static constexpr std::string_view name = "VerifyReport";
  static constexpr std::string_view meaning = "What a verification of a run found";
  static constexpr FieldList fields{
      Field{"checkpoints", &VerifyReport::checkpoints, "", "Looked at"},
      Field{"files", &VerifyReport::files, "", "Read"},
      Field{"bytes", &VerifyReport::bytes, "bytes", "Read"},
      Field{"external", &VerifyReport::external, "",
            "Checkpoints elsewhere that were there: names, sizes and marker were compared, their other bytes not read"},
      Field{"problems", &VerifyReport::problems, "", "Damage"},
      Field{"notes", &VerifyReport::notes, "", "Harmless, such as what an interrupted commit left"},
      Field{"sound", &VerifyReport::sound, "", "True where there are no problems"}};
};

template <>
struct Record<GcReport> {
  static constexpr std::string_view name = "GcReport";
  static constexpr std::string_view meaning = "What gc deleted";
  static constexpr FieldList fields{
      Field{"deleted", &GcReport::deleted, "", "Checkpoints"},
      Field{"leftovers", &GcReport::leftovers, "", "Folders of interrupted work"},
      Field{"notes", &GcReport::notes, "", "What is kept because it could not be seen or read, and why"},
      Field{"bytes", &GcReport::bytes, "bytes", "Freed, in checkpoints"},
      Field{"commands", &GcReport::commands, "",
            "For a shell, to delete what is elsewhere and nothing needs any more"}};
};

template <>
struct Record<RepairReport> {
  static constexpr std::string_view name = "RepairReport";
  static constexpr std::string_view meaning = "What repair made of a damaged record";
  static constexpr FieldList fields{
      Field{"changed", &RepairReport::changed, "", "There was damage: the record is a new one"},
      Field{"lost", &RepairReport::lost, "", "Entries and rows that are not in it any more"},
      Field{"recovered", &RepairReport::recovered, "", "Rows that the folders of checkpoints gave back"},
      Field{"facts_written", &RepairReport::facts_written, "", "Checkpoints whose folders say again what they are"}};
};

template <>
struct Words<MergeRule> {
  static constexpr std::array<std::string_view, 3> words{"decay", "uniform", "ema"};
};

template <>
struct Record<MergeWeight> {
  static constexpr std::string_view name = "MergeWeight";
  static constexpr std::string_view meaning = "A checkpoint of a merge";
  static constexpr FieldList fields{Field{"step", &MergeWeight::step, "steps", "Finished updates"},
                                    Field{"weight", &MergeWeight::weight, "", "Its weight; their sum is 1"}};
};

template <>
struct Record<KeptCheckpoint> {
  static constexpr std::string_view name = "KeptCheckpoint";
  static constexpr std::string_view meaning = "A checkpoint of the trunk that branches and merges need";
  static constexpr FieldList fields{
      Field{"step", &KeptCheckpoint::step, "steps", "Finished updates"},
      Field{"branches", &KeptCheckpoint::branches, "steps", "Ends of the branches that leave here"},
      Field{"merges", &KeptCheckpoint::merges, "steps", "Steps of the merges that it is part of"},
      Field{"until", &KeptCheckpoint::until, "steps", "When the trunk is here, nothing needs it any more"}};
};

template <>
struct Record<KeepPlan> {
  static constexpr std::string_view name = "KeepPlan";
  static constexpr std::string_view meaning = "Which checkpoints of a trunk to keep, and what that takes";
  static constexpr FieldList fields{
      Field{"checkpoints", &KeepPlan::checkpoints, "", "By step"},
      Field{"most", &KeepPlan::most, "", "Checkpoints that are there at once, results and the trunk's last two too"},
      Field{"at", &KeepPlan::at, "steps", "The trunk's step where that is first so"},
      Field{"bytes", &KeepPlan::bytes, "bytes", "Of so many; 0 where the size of one was not said"}};
};

template <>
struct Record<MergedFiles> {
  static constexpr std::string_view name = "MergedFiles";
  static constexpr std::string_view meaning = "What a merge of files read and wrote";
  static constexpr FieldList fields{
      Field{"files", &MergedFiles::files, "", "That were written, by name"},
      Field{"merged", &MergedFiles::merged, "", "Tensors that are weighted sums"},
      Field{"taken", &MergedFiles::taken, "", "Tensors of whole numbers or flags, as in the last source"},
      Field{"bytes_read", &MergedFiles::bytes_read, "bytes", "Of all sources"},
      Field{"bytes_written", &MergedFiles::bytes_written, "bytes", "Of the merge"}};
};

template <>
struct Record<MergePlan> {
  static constexpr std::string_view name = "MergePlan";
  static constexpr std::string_view meaning = "The weights of a merge, and what it is worth";
  static constexpr FieldList fields{
      Field{"weights", &MergePlan::weights, "", "By step"},
      Field{"begin", &MergePlan::begin, "steps", "Of the window: later rates are imitated as lowered"},
      Field{"merged", &MergePlan::merged, "", "The guarantee of the merge"},
      Field{"every", &MergePlan::every, "", "That of a running average: the weights spread over all iterates between"},
      Field{"cooldown", &MergePlan::cooldown, "loss",
            "The worst case of a run that lowers its rates so, at the best common factor of its rates"},
      Field{"last", &MergePlan::last, "loss", "That of the last iterate without merging"},
      Field{"falling", &MergePlan::falling, "", "True where weights fall along the window: worth less than the decay"}};
};

}  // namespace scheduled
