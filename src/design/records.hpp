// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "bound/records.hpp"
#include "scheduled/along.hpp"
#include "scheduled/sweep.hpp"

namespace scheduled {

template <>
struct Words<SolveStatus> {
  static constexpr std::array<std::string_view, 3> words{"optimal", "not-converged", "infeasible"};
};
template <>
struct Words<NormKind> {
  static constexpr std::array<std::string_view, 2> words{"l2", "l1"};
};
template <>
struct Words<ExtendMethod> {
  static constexpr std::array<std::string_view, 4> words{"naive", "drop", "adapted-cooldown", "optimal"};
};
template <>
struct Words<ExtendRule> {
  static constexpr std::array<std::string_view, 2> words{"match-base-lr", "smallest-bound"};
};
template <>
struct Words<ScheduleWorstCase::NoBest> {
  static constexpr std::array<std::string_view, 5> words{"has-one", "absolute-rates", "no-step-before-the-last",
                                                         "zero-at-every-peak", "smallest-at-zero"};
};

template <>
struct Record<BestBaseLr> {
  static constexpr std::string_view name = "BestBaseLr";
  static constexpr std::string_view meaning = "The base learning rate with the smallest bound";
  static constexpr FieldList fields{
      Field{"peak", &BestBaseLr::peak, "distance^2/loss", "The best base learning rate"},
      Field{"bound", &BestBaseLr::bound, "loss", "The bound there"},
      Field{"T", &BestBaseLr::T, "steps", "The step of the bound: the last positive one at or before the T asked for"},
      Field{"closed_form", &BestBaseLr::closed_form, "",
            "False where absolute rates, or different grad norms of the worst case, made a numerical minimisation "
            "necessary"},
      Field{"at_limit", &BestBaseLr::at_limit, "",
            "True where the minimum lies at the smallest peak that the absolute rates allow"}};
};

template <>
struct Record<LrSensitivity> {
  static constexpr std::string_view name = "LrSensitivity";
  static constexpr std::string_view meaning = "How much the choice of the base learning rate matters";
  static constexpr FieldList fields{
      Field{"best", &LrSensitivity::best, "", "The best peak and the bound there"},
      Field{"share", &LrSensitivity::share, "", "The loss that defines the interval, as a share of the best bound"},
      Field{"at_half", &LrSensitivity::at_half, "",
            "Bound at half the best peak over the best bound; none where absolute rates allow no such peak"},
      Field{"at_double", &LrSensitivity::at_double, "", "The same at twice the best peak"},
      Field{"low", &LrSensitivity::low, "distance^2/loss",
            "From here to `high` the bound is at most 1 + share times the best; 0 where no peak is too small"},
      Field{"high", &LrSensitivity::high, "distance^2/loss", "The end of the interval"},
      Field{"low_at_limit", &LrSensitivity::low_at_limit, "",
            "True where `low` is the smallest peak that the absolute rates allow"},
      Field{"closed_form", &LrSensitivity::closed_form, "", "False where it was found by bisection"}};
};

template <>
struct Record<ComparisonRow> {
  static constexpr std::string_view name = "ComparisonRow";
  static constexpr std::string_view meaning = "A schedule of a comparison, at its best peak";
  static constexpr FieldList fields{
      Field{"schedule", &ComparisonRow::schedule, "", "The schedule, with its best peak"},
      Field{"best", &ComparisonRow::best, "", "Peak and bound"},
      Field{"ratio", &ComparisonRow::ratio, "", "Bound over the smallest bound of all rows"},
      Field{"average", &ComparisonRow::average, "", "How iterates are averaged; empty: the last one is judged"},
      Field{"proof", &ComparisonRow::proof, "", "Of the bound of an average, as AverageBound has it; else empty"}};
};

template <>
struct Record<OptimalSchedule> {
  static constexpr std::string_view name = "OptimalSchedule";
  static constexpr std::string_view meaning = "Learning rates and their bound";
  static constexpr FieldList fields{
      Field{"lr", &OptimalSchedule::lr, "distance^2/loss", "The rates of the steps 1 ... T"},
      Field{"bound", &OptimalSchedule::bound, "loss", "What is smallest: the bound, or the worst case"}};
};

template <>
struct Record<BothBounds> {
  static constexpr std::string_view name = "BothBounds";
  static constexpr std::string_view meaning = "Both criteria for one schedule";
  static constexpr FieldList fields{Field{"omega", &BothBounds::omega, "loss", "The last-iterate bound"},
                                    Field{"worst_case", &BothBounds::worst_case, "loss",
                                          "The exact worst case; an upper bound of it where norms vary"}};
};

template <>
struct Record<OptimaCompared> {
  static constexpr std::string_view name = "OptimaCompared";
  static constexpr std::string_view meaning = "What either optimum gives away by the other's measure";
  static constexpr FieldList fields{
      Field{"omega_optimal", &OptimaCompared::omega_optimal, "", "Of the rates with the smallest bound"},
      Field{"worst_case_optimal", &OptimaCompared::worst_case_optimal, "",
            "Of the rates with the smallest worst case"}};
};

template <>
struct Record<ConstrainedSchedule> {
  static constexpr std::string_view name = "ConstrainedSchedule";
  static constexpr std::string_view meaning = "Learning rates, and a certificate of how good";
  static constexpr FieldList fields{
      Field{"status", &ConstrainedSchedule::status, "",
            "'optimal': the gap is within the tolerance; 'not-converged': it is not, but the rates obey the "
            "constraints; 'infeasible': no rates do, see `reason`"},
      Field{"reason", &ConstrainedSchedule::reason, "", "Where infeasible, the constraints that contradict each other"},
      Field{"lr", &ConstrainedSchedule::lr, "distance^2/loss",
            "The rates of the steps 1 ... T; empty where infeasible"},
      Field{"bound", &ConstrainedSchedule::bound, "loss", "The last-iterate bound of these rates"},
      Field{"lower_bound", &ConstrainedSchedule::lower_bound, "loss",
            "No rates that obey the constraints have a smaller bound; computed apart from the solver"},
      Field{"gap", &ConstrainedSchedule::gap, "", "(bound - lower_bound) / bound"},
      Field{"iterations", &ConstrainedSchedule::iterations, "", "Iterations of the solver"}};
};

template <>
struct Record<LrTransfer> {
  static constexpr std::string_view name = "LrTransfer";
  static constexpr std::string_view meaning = "A base learning rate moved to another schedule";
  static constexpr FieldList fields{
      Field{"from", &LrTransfer::from, "", "The best peak of the tuned schedule, in theory"},
      Field{"to", &LrTransfer::to, "", "The best peak of the other one"},
      Field{"factor", &LrTransfer::factor, "", "The other's best peak over that of the tuned schedule"},
      Field{"peak", &LrTransfer::peak, "distance^2/loss", "The tuned peak times the factor: what to try"},
      Field{"limit", &LrTransfer::limit, "", "The factor for long runs in closed form; none where none is known"},
      Field{"bound_ratio", &LrTransfer::bound_ratio, "",
            "The other's bound over that of the tuned schedule, each at its best peak"}};
};

template <>
struct Record<NearestSpec> {
  static constexpr std::string_view name = "NearestSpec";
  static constexpr std::string_view meaning = "A named schedule like given rates";
  static constexpr FieldList fields{
      Field{"schedule", &NearestSpec::schedule, "", "The schedule, with its peak"},
      Field{"distance", &NearestSpec::distance, "", "Largest difference of the rates, as a share of their largest"},
      Field{"mean_square", &NearestSpec::mean_square, "distance^2/loss", "Root of the mean squared difference"}};
};

template <>
struct Record<RefinedSchedule> {
  static constexpr std::string_view name = "RefinedSchedule";
  static constexpr std::string_view meaning = "A schedule from gradient norms";
  static constexpr FieldList fields{
      Field{"schedule", &RefinedSchedule::schedule, "", "A table; its largest value is 1, its last one 0"},
      Field{"grad_norm", &RefinedSchedule::grad_norm, "loss/distance", "The norms used: filtered, one per step"},
      Field{"dropped", &RefinedSchedule::dropped, "", "Number of norms that were not finite"},
      Field{"nearest", &RefinedSchedule::nearest, "", "The nearest named schedule; none where none is close"}};
};

template <>
struct Record<RefinedRun> {
  static constexpr std::string_view name = "RefinedRun";
  static constexpr std::string_view meaning = "A refined schedule beside the rates that the run had";
  static constexpr FieldList fields{
      Field{"refined", &RefinedRun::refined, "", "The refined schedule"},
      Field{"own", &RefinedRun::own, "", "The run's rates; none where none are known"},
      Field{"transfer", &RefinedRun::transfer, "",
            "The base learning rate from the run's rates to the refined schedule, for the norms used"},
      Field{"why_no_transfer", &RefinedRun::why_no_transfer, "", "Why there is none; empty where there is one"},
      Field{"peak", &RefinedRun::peak, "distance^2/loss", "To try: right if the run's own scale was the best"}};
};

template <>
struct Record<RateDifference> {
  static constexpr std::string_view name = "RateDifference";
  static constexpr std::string_view meaning = "How rates differ from others for the same steps";
  static constexpr FieldList fields{
      Field{"gain", &RateDifference::gain, "", "1 - bound / the other's bound: positive where these rates are better"},
      Field{"steps_saved", &RateDifference::steps_saved, "",
            "Share of the other's steps that the better bound is worth"},
      Field{"peak", &RateDifference::peak, "", "Largest rate before the last step over the other's"},
      Field{"largest", &RateDifference::largest, "",
            "Largest difference before the last step, as a share of the other's largest rate"},
      Field{"largest_at", &RateDifference::largest_at, "steps", "The step where it is, counted from 1"},
      Field{"last_step", &RateDifference::last_step, "", "Last rate over the one before it"},
      Field{"other_last_step", &RateDifference::other_last_step, "", "The same of the other"},
      Field{"last", &RateDifference::last, "", "Last rate over the other's last"},
      Field{"level_until", &RateDifference::level_until, "steps",
            "Last step whose rate is within 0.1 % of the largest before the last step"}};
};

template <>
struct Record<OptimumBeside> {
  static constexpr std::string_view name = "OptimumBeside";
  static constexpr std::string_view meaning = "The best schedule beside linear decay under the same constraints";
  static constexpr FieldList fields{
      Field{"status", &OptimumBeside::status, "",
            "'optimal', 'not-converged' or 'infeasible', as of a constrained schedule; where it is not the first, "
            "nothing after `gap` is filled in"},
      Field{"reason", &OptimumBeside::reason, "", "Where infeasible, the constraints that contradict each other"},
      Field{"iterations", &OptimumBeside::iterations, "", "Iterations of the solver; 0: closed form"},
      Field{"gap", &OptimumBeside::gap, "", "(bound - lower_bound) / bound"},
      Field{"optimum", &OptimumBeside::optimum, "", "The best rates and their bound by the criterion"},
      Field{"linear", &OptimumBeside::linear, "", "Linear decay and its bound by the criterion"},
      Field{"lower_bound", &OptimumBeside::lower_bound, "loss",
            "No schedule that obeys the constraints has a smaller bound"},
      Field{"optimum_bounds", &OptimumBeside::optimum_bounds, "", "The optimum by both criteria"},
      Field{"linear_bounds", &OptimumBeside::linear_bounds, "", "Linear decay by both criteria"},
      Field{"difference", &OptimumBeside::difference, "", "Of the optimum from linear decay"},
      Field{"free_bound", &OptimumBeside::free_bound, "loss",
            "Bound of the optimum without the constraints; none where there are none, or a prefix"},
      Field{"nearest", &OptimumBeside::nearest, "", "The named schedule nearest to the optimum; none for one step"},
      Field{"nearest_bound", &OptimumBeside::nearest_bound, "loss", "Its bound by the criterion, as it is"}};
};

template <>
struct Record<ExtendRow> {
  static constexpr std::string_view name = "ExtendRow";
  static constexpr std::string_view meaning = "One way to one horizon";
  static constexpr FieldList fields{
      Field{"method", &ExtendRow::method, "", "'naive', 'drop', 'adapted-cooldown' or 'optimal'"},
      Field{"steps", &ExtendRow::steps, "steps", "The horizon"},
      Field{"parameter", &ExtendRow::parameter, "",
            "drop: plateau over peak; adapted-cooldown, naive: share of cooldown; optimal: first new rate over the "
            "last one before"},
      Field{"at_limit", &ExtendRow::at_limit, "", "True where no parameter makes the trunk's peak the best one"},
      Field{"lr", &ExtendRow::lr, "distance^2/loss",
            "The rates of all steps, the trunk's first, without a 0 at the end"},
      Field{"omega", &ExtendRow::omega, "loss", "The last-iterate bound"},
      Field{"worst_case", &ExtendRow::worst_case, "loss",
            "The exact worst case; an upper bound of it where norms vary"},
      Field{"spec", &ExtendRow::spec, "", "Spec text; for 'optimal' the nearest plain one: a drop, then linear decay"},
      Field{"spec_omega", &ExtendRow::spec_omega, "loss", "The bound of the trunk continued by `spec`"},
      Field{"extra", &ExtendRow::extra, "steps", "Steps still to make"},
      Field{"stopped", &ExtendRow::stopped, "loss",
            "The bound at each of the horizons if this plan is stopped there; not a number beyond its own"},
      Field{"distance", &ExtendRow::distance, "distance", "D, as given or planned"}};
};

template <>
struct Record<GradNormFamily> {
  static constexpr std::string_view name = "GradNormFamily";
  static constexpr std::string_view meaning = "Grad norms of a sweep: t^alpha, or a series";
  static constexpr FieldList fields{
      Field{"name", &GradNormFamily::name, "", "For the reader of the results"},
      Field{"alpha", &GradNormFamily::alpha, "", "Power of t, where there is no series"},
      Field{"series", &GradNormFamily::series, "loss/distance", "One value per step; empty: t^alpha"}};
};

template <>
struct Record<SweepPlace> {
  static constexpr std::string_view name = "SweepPlace";
  static constexpr std::string_view meaning = "Where a combination lies on the axes of a sweep; 0 on empty ones";
  static constexpr FieldList fields{Field{"schedule", &SweepPlace::schedule, "", "Index of the schedule"},
                                    Field{"horizon", &SweepPlace::horizon, "", "Index of the horizon"},
                                    Field{"cooldown", &SweepPlace::cooldown, "", "Index of the cooldown"},
                                    Field{"grad_norm", &SweepPlace::grad_norm, "", "Index of the grad norms"}};
};

template <>
struct Record<SweepResult> {
  static constexpr std::string_view name = "SweepResult";
  static constexpr std::string_view meaning = "The best base learning rate of one combination";
  static constexpr FieldList fields{
      Field{"combination", &SweepResult::combination, "",
            "Its number: the flat index into the grid, last axis fastest"},
      Field{"best", &SweepResult::best, "", "Peak and bound; none where there is an error"},
      Field{"error", &SweepResult::error, "", "Why there is none, where the schedule does not fit, say; else empty"}};
};

template <>
struct Record<SweepRow> {
  static constexpr std::string_view name = "SweepRow";
  static constexpr std::string_view meaning = "A result of a sweep with its place on the axes in words";
  static constexpr auto of_best = [](auto member) {
    return [member](const SweepRow& row) { return row.best ? std::optional((*row.best).*member) : std::nullopt; };
  };
  static constexpr FieldList fields{
      Field{"combination", &SweepRow::combination, "", "Its number"},
      Field{"schedule", &SweepRow::schedule, "", "Its spec, as given"},
      Field{"steps", &SweepRow::steps, "steps", "The horizon; 0: none"},
      Field{"cooldown", &SweepRow::cooldown, "", "Share of the run, where that is an axis"},
      Field{"grad_norm", &SweepRow::grad_norm, "", "Name of the grad norms"},
      Field{"criterion", &SweepRow::criterion, "", "'omega', 'standard' or 'worst-case'"},
      Field{"distance", &SweepRow::distance, "distance", "From the start to the optimum"},
      Field{"T", of_best(&BestBaseLr::T), "steps", "The step of the bound; none where there is an error"},
      Field{"peak", of_best(&BestBaseLr::peak), "distance^2/loss", "The best base learning rate"},
      Field{"bound", of_best(&BestBaseLr::bound), "loss", "The bound there"},
      Field{"closed_form", of_best(&BestBaseLr::closed_form), "", "Whether it was found in closed form"},
      Field{"at_limit", of_best(&BestBaseLr::at_limit), "", "Whether it is the smallest that the rates allow"},
      Field{"error", &SweepRow::error, "", "Why there is no best base learning rate; else empty"}};
};

template <>
struct Record<WorstCaseAtPeak> {
  static constexpr std::string_view name = "WorstCaseAtPeak";
  static constexpr std::string_view meaning = "A peak, the worst case there, and the bound";
  static constexpr FieldList fields{
      Field{"peak", &WorstCaseAtPeak::peak, "distance^2/loss", "The peak learning rate"},
      Field{"worst_case", &WorstCaseAtPeak::worst_case, "", "The worst case at this peak"},
      Field{"omega", &WorstCaseAtPeak::omega, "loss", "The last-iterate bound at this peak; at least the worst case"}};
};

template <>
struct Record<ScheduleWorstCase> {
  static constexpr std::string_view name = "ScheduleWorstCase";
  static constexpr std::string_view meaning = "The worst case of a schedule";
  static constexpr FieldList fields{
      Field{"T", &ScheduleWorstCase::T, "steps", "The last positive step at or before the T asked for"},
      Field{"exact", &ScheduleWorstCase::exact, "",
            "Whether the value at the own peak is the exact worst case, proven"},
      Field{"own", &ScheduleWorstCase::own, "", "At the schedule's own peak"},
      Field{"best", &ScheduleWorstCase::best, "",
            "At the best peak; none where rates are absolute or no peak is better than another"},
      Field{"why_no_best", &ScheduleWorstCase::why_no_best, "",
            "Why there is no best peak: 'absolute-rates', 'no-step-before-the-last' (which the last iterate does not "
            "feel), 'zero-at-every-peak'; else 'has-one'"},
      Field{"minimax", &ScheduleWorstCase::minimax, "loss", "D G / sqrt(T); none where grad norms vary"}};
};

template <>
struct Words<NormSource> {
  static constexpr std::array<std::string_view, 3> words{"1", "logged", "given"};
};

template <>
struct Record<RunBound> {
  static constexpr std::string_view name = "RunBound";
  static constexpr std::string_view meaning = "The bound along the log of a run, at the rows that logged its loss";
  static constexpr FieldList fields{
      Field{"name", &RunBound::name, "", "The log's name"},
      Field{"T", &RunBound::T, "steps", "The last step that counts"},
      Field{"criterion", &RunBound::criterion, "", "Which bound"},
      Field{"distance", &RunBound::distance, "distance", "D, given or the one at which the run's scale is the best"},
      Field{"norm_source", &RunBound::norm_source, "", "Where the gradient norms come from: 1, logged or given"},
      Field{"norm_note", &RunBound::norm_note, "", "Why they are not the logged ones"},
      Field{"loss_column", &RunBound::loss_column, "", "val_loss, train_loss, or empty"},
      Field{"step", &RunBound::step, "steps", "The rows"},
      Field{"lr", &RunBound::lr, "distance^2/loss", "The learning rate there"},
      Field{"loss", &RunBound::loss, "loss", "The loss there; empty where the log has none"},
      Field{"bound", &RunBound::bound, "loss", "The bound there"},
      Field{"rates", &RunBound::rates, "distance^2/loss", "The learning rate of every update"},
      Field{"grad_norm", &RunBound::grad_norm, "loss/distance", "The gradient norm of every update"}};
};

}  // namespace scheduled
