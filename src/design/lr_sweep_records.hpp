// Best peaks fitted to the runs of a sweep, described once each (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "scheduled/lr_sweep.hpp"

namespace scheduled {

template <>
struct Words<BatchRule> {
  static constexpr std::array<std::string_view, 4> words{"square-root", "linear", "critical", "surge"};
};
template <>
struct Words<LrEdge> {
  static constexpr std::array<std::string_view, 4> words{"inside", "lowest", "highest", "alone"};
};

template <>
struct Record<LrSweepRun> {
  using X = LrSweepRun;
  static constexpr std::string_view name = "LrSweepRun";
  static constexpr std::string_view meaning = "One run of a sweep over peak learning rates";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "Runs with different texts have best peaks of their own"},
      Field{"peak", &X::peak, "distance^2/loss", "Its peak learning rate"},
      Field{"steps", &X::steps, "steps", "Its horizon"},
      Field{"batch", &X::batch, "", "Its batch size, in any unit"},
      Field{"size", &X::size, "", "The model's size, in any unit"},
      Field{"loss", &X::loss, "loss", "The final one; not finite: the run diverged"},
      Field{"spread", &X::spread, "loss", "Standard deviation of the loss besides what reruns differ by"}};
};

template <>
struct Record<HorizonRule> {
  using X = HorizonRule;
  static constexpr std::string_view name = "HorizonRule";
  static constexpr std::string_view meaning = "How the best peak goes with the number of steps";
  static constexpr FieldList fields{Field{"rule", &X::rule, "", "Its name"},
                                    Field{"exponent", &X::exponent, "", "The power of the number of steps"},
                                    Field{"source", &X::source, "", "Where it is from"}};
};

template <>
struct Record<LrSweepQuestion> {
  using X = LrSweepQuestion;
  static constexpr std::string_view name = "LrSweepQuestion";
  static constexpr std::string_view meaning = "Where a best peak is asked for";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "One of the runs'"}, Field{"steps", &X::steps, "steps", "The horizon"},
      Field{"batch", &X::batch, "", "The batch size"}, Field{"size", &X::size, "", "The model's size"}};
};

template <>
struct Record<LrEstimate> {
  using X = LrEstimate;
  static constexpr std::string_view name = "LrEstimate";
  static constexpr std::string_view meaning = "A value and its 90 % interval";
  static constexpr FieldList fields{Field{"value", &X::value, "", "The value"},
                                    Field{"lower", &X::lower, "", "The interval's lower end"},
                                    Field{"upper", &X::upper, "", "The interval's upper end"}};
};

template <>
struct Record<LrSweepBudget> {
  using X = LrSweepBudget;
  static constexpr std::string_view name = "LrSweepBudget";
  static constexpr std::string_view meaning = "The runs of one horizon, batch, size and schedule";
  static constexpr FieldList fields{
      Field{"schedule", &X::schedule, "", "As the runs say it"},
      Field{"steps", &X::steps, "steps", "The horizon"},
      Field{"batch", &X::batch, "", "The batch size"},
      Field{"size", &X::size, "", "The model's size"},
      Field{"runs", &X::runs, "", "How many there are, without those that diverged"},
      Field{"diverged", &X::diverged, "", "How many diverged"},
      Field{"lowest", &X::lowest, "distance^2/loss", "The lowest peak that was tried"},
      Field{"highest", &X::highest, "distance^2/loss", "The highest peak that was tried"},
      Field{"best_run", &X::best_run, "distance^2/loss", "Peak of the run with the lowest loss"},
      Field{"best_loss", &X::best_loss, "loss", "Its loss"},
      Field{"edge", &X::edge, "", "Where the best run lies: 'inside', 'lowest', 'highest', 'alone'"},
      Field{"peak", &X::peak, "distance^2/loss", "The best peak by the fit"},
      Field{"loss", &X::loss, "loss", "The loss there by the fit"}};
};

template <>
struct Record<LrExponent> {
  using X = LrExponent;
  static constexpr std::string_view name = "LrExponent";
  static constexpr std::string_view meaning = "The power of an axis in the best peak";
  static constexpr FieldList fields{Field{"axis", &X::axis, "", "'steps', 'batch' or 'size'"},
                                    Field{"exponent", &X::exponent, "", "The power"},
                                    Field{"fitted", &X::fitted, "", "False: it was given"}};
};

template <>
struct Record<LrRuleCheck> {
  using X = LrRuleCheck;
  static constexpr std::string_view name = "LrRuleCheck";
  static constexpr std::string_view meaning = "A horizon rule beside the fit";
  static constexpr FieldList fields{
      Field{"rule", &X::rule, "", "The rule"},
      Field{"within", &X::within, "", "Whether the interval of the fitted exponent holds it"}};
};

template <>
struct Record<LrRulePeak> {
  using X = LrRulePeak;
  static constexpr std::string_view name = "LrRulePeak";
  static constexpr std::string_view meaning = "What a horizon rule says where the best peak is asked for";
  static constexpr FieldList fields{
      Field{"rule", &X::rule, "", "Its name"},
      Field{"peak", &X::peak, "distance^2/loss", "From the best peak of the longest horizon"},
      Field{"cost", &X::cost, "loss", "Above the loss at the fitted best peak"}};
};

template <>
struct Record<LrSweepAnswer> {
  using X = LrSweepAnswer;
  static constexpr std::string_view name = "LrSweepAnswer";
  static constexpr std::string_view meaning = "The best peak where it was asked for";
  static constexpr FieldList fields{
      Field{"question", &X::question, "", "Where, with all that was left open"},
      Field{"beyond", &X::beyond, "", "Its horizon over the longest of the runs"},
      Field{"peak", &X::peak, "distance^2/loss", "The best peak; none where the runs do not tell"},
      Field{"rules", &X::rules, "", "What the horizon rules say"}};
};

template <>
struct Record<LrSweepFit> {
  using X = LrSweepFit;
  static constexpr std::string_view name = "LrSweepFit";
  static constexpr std::string_view meaning =
      "The best peak over horizons, batch and model sizes, fitted to final losses";
  static constexpr FieldList fields{
      Field{"runs", &X::runs, "", "That the fit used"},
      Field{"diverged", &X::diverged, "", "Runs that diverged"},
      Field{"far", &X::far, "", "Runs that do not count, as their peak is far from the best one"},
      Field{"repeated", &X::repeated, "", "Runs that were given twice"},
      Field{"noise", &X::noise, "loss", "Standard deviation of a run: given, or by the residuals"},
      Field{"reference", &X::reference, "steps", "The horizon of the curvature"},
      Field{"curvature", &X::curvature, "loss", "What a peak e times the best one costs"},
      Field{"curved", &X::curved, "", "Whether there is a best peak: the curvature's interval is above 0"},
      Field{"curvature_exponent", &X::curvature_exponent, "", "The power of the horizon in the curvature"},
      Field{"exponents", &X::exponents, "", "Of the axes that vary, or are given"},
      Field{"rules", &X::rules, "", "Horizon rules beside the fitted exponent"},
      Field{"budgets", &X::budgets, "", "The budgets of the runs"},
      Field{"answers", &X::answers, "", "To the questions"},
      Field{"verdicts", &X::verdicts, "", "What must not be concluded, and which run would help"}};
};

}  // namespace scheduled
