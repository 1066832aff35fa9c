// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "schedule/records.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {

template <>
struct Words<Criterion> {
  static constexpr std::array<std::string_view, 3> words{"omega", "standard", "worst-case"};
};
template <>
struct Words<KnownFamily> {
  static constexpr std::array<std::string_view, 7> words{"none",   "constant", "linear",    "wsd",
                                                         "cosine", "1-sqrt",   "polynomial"};
};
template <>
struct Words<WorstCaseEnd> {
  static constexpr std::array<std::string_view, 5> words{"boundary", "interior", "lower branch", "limit", "slack"};
};

template <>
struct Record<BoundTerms> {
  static constexpr std::string_view name = "BoundTerms";
  static constexpr std::string_view meaning =
      "A bound as a function of the base learning rate, inverse/gamma + gamma linear";
  static constexpr FieldList fields{Field{"inverse", &BoundTerms::inverse, "loss", "D^2 / (2 u_0)"},
                                    Field{"linear", &BoundTerms::linear, "loss", "All the rest"},
                                    Field{"value", &BoundTerms::value, "loss", "Their sum"}};
};

template <>
struct Record<OmegaSplit> {
  static constexpr std::string_view name = "OmegaSplit";
  static constexpr std::string_view meaning = "The three terms of the last-iterate bound";
  static constexpr FieldList fields{
      Field{"distance", &OmegaSplit::distance, "loss", "D^2 / (2 S_T)"},
      Field{"noise", &OmegaSplit::noise, "loss", "sum q_t / (2 S_T)"},
      Field{"last", &OmegaSplit::last, "loss", "What the last iterate costs over the average"},
      Field{"value", &OmegaSplit::value, "loss", "Their sum, Omega_T"}};
};

template <>
struct Record<ClosedForm> {
  static constexpr std::string_view name = "ClosedForm";
  static constexpr std::string_view meaning = "A base learning rate and the bound there";
  static constexpr FieldList fields{Field{"peak", &ClosedForm::peak, "distance^2/loss", "The best base learning rate"},
                                    Field{"bound", &ClosedForm::bound, "loss", "The bound there"}};
};

template <>
struct Record<BoundFacts> {
  static constexpr std::string_view name = "BoundFacts";
  static constexpr std::string_view meaning = "What the closed forms say about a schedule; none where they say nothing";
  static constexpr FieldList fields{
      Field{"family", &BoundFacts::family, "",
            "'constant', 'linear', 'wsd', 'cosine', '1-sqrt', 'polynomial' or 'none'"},
      Field{"why_none", &BoundFacts::why_none, "", "Why no closed form applies; empty where one does"},
      Field{"T", &BoundFacts::T, "steps", "The last positive step at or before the T asked for"},
      Field{"T0", &BoundFacts::T0, "steps", "Steps before the cooldown"},
      Field{"cooldown", &BoundFacts::cooldown, "", "The cooldown's share of T"},
      Field{"warmup", &BoundFacts::warmup, "steps", "Steps of a warmup, which the forms leave out"},
      Field{"exact", &BoundFacts::exact, "", "Best peak and bound; only without a warmup"},
      Field{"limit", &BoundFacts::limit, "", "Their limits for long runs, at this T, D and G"},
      Field{"constants", &BoundFacts::constants, "", "The limits in units of D / (G sqrt(T)) and D G / sqrt(T)"},
      Field{"theorem", &BoundFacts::theorem, "loss", "WSD: the upper bound of arXiv 2501.18965"},
      Field{"linear_peak_factor", &BoundFacts::linear_peak_factor, "",
            "Best peak of linear decay over that of this schedule"},
      Field{"linear_bound_factor", &BoundFacts::linear_bound_factor, "",
            "Bound of linear decay over that of this schedule, each at its best peak"}};
};

template <>
struct Record<WorstCase> {
  static constexpr std::string_view name = "WorstCase";
  static constexpr std::string_view meaning =
      "The worst case, and where the minimum over the weights of its proof lies";
  static constexpr FieldList fields{
      Field{"value", &WorstCase::value, "loss", "The worst case; a bound that holds where it is not exact"},
      Field{"lower", &WorstCase::lower, "loss", "No smaller bound holds"},
      Field{"exact", &WorstCase::exact, "",
            "Whether the two agree within 1e-10: the value is then the worst case, proven"},
      Field{"W", &WorstCase::W, "distance^2/loss", "Sum of the weights at the minimum; infinite for the end 'limit'"},
      Field{"W_min", &WorstCase::W_min, "distance^2/loss", "Smallest sum of weights that gives these steps"},
      Field{
          "end", &WorstCase::end, "",
          "'boundary' (W = W_min), 'interior', 'lower branch' or 'slack' (varying grad norms) or 'limit' (as W grows)"},
      Field{"passes", &WorstCase::passes, "", "Passes over the steps that were needed"}};
};

template <>
struct Record<WorstCaseScale> {
  static constexpr std::string_view name = "WorstCaseScale";
  static constexpr std::string_view meaning = "The best common factor of all rates";
  static constexpr FieldList fields{
      Field{"scale", &WorstCaseScale::scale, "", "The factor"},
      Field{"worst_case", &WorstCaseScale::worst_case, "", "The worst case of the rates times the factor"}};
};

template <>
struct Words<AverageRule> {
  static constexpr std::array<std::string_view, 4> words{"decay", "chain", "mixture", "filled"};
};

template <>
struct Words<Average::Weights> {
  static constexpr std::array<std::string_view, 3> words{"uniform", "step", "1-sqrt"};
};

template <>
struct Record<WorstCaseFunction> {
  using X = WorstCaseFunction;
  static constexpr std::string_view name = "WorstCaseFunction";
  static constexpr std::string_view meaning =
      "The convex function for which a run is as bad as it can be: f(x) = max(0, max_t <g_t, x>), u_1 = slope e_0, "
      "g_t = u_t + b_t e_t, u_{t+1} = u_t - a_t b_t e_t";
  static constexpr FieldList fields{
      Field{"value", &X::value, "loss", "The worst case"},
      Field{"exact", &X::exact, "", "Whether that is proven; else an upper bound"},
      Field{"attained", &X::attained, "loss", "f(x_T) less the minimum, which is 0, in exact arithmetic"},
      Field{"distance", &X::distance, "distance", "D; the run starts at D e_0, the minimum is at 0"},
      Field{"slope", &X::slope, "loss/distance", "Length of u_1, D/q_1"},
      Field{"epsilon", &X::epsilon, "loss", "By what each piece lies below the one before it; 0: they tie"},
      Field{"k", &X::k, "", "The last t with b_t > 0: all later g_t are the same"},
      Field{"step", &X::step, "steps", "The step of each piece, from 1; steps of 0 have none"},
      Field{"lr", &X::lr, "distance^2/loss", "The rates of these steps"},
      Field{"a", &X::a, "", "lr_t/q_{t+1}"},
      Field{"b", &X::b, "loss/distance", "The part of g_t that no other piece has"},
      Field{"q", &X::q, "distance^2/loss", "The minimiser of the convex program"},
      Field{"dimension", &X::dimension, "", "Of the space, k + 1"}};
};

template <>
struct Record<WorstCaseRun> {
  using X = WorstCaseRun;
  static constexpr std::string_view name = "WorstCaseRun";
  static constexpr std::string_view meaning = "What the subgradient method found on a function";
  static constexpr FieldList fields{Field{"first", &X::first, "loss", "f(x_1)"},
                                    Field{"best", &X::best, "loss", "The smallest f(x_t)"},
                                    Field{"last", &X::last, "loss", "f(x_T)"}};
};

template <>
struct Record<AverageBound> {
  using X = AverageBound;
  static constexpr std::string_view name = "AverageBound";
  static constexpr std::string_view meaning = "The guarantee of a weighted average of iterates";
  static constexpr FieldList fields{
      Field{"value", &X::value, "loss", "The bound"},
      Field{"rule", &X::rule, "",
            "The proof: 'decay' (that of the decay which is imitated), 'chain', 'mixture' or 'filled'"},
      Field{"imitated", &X::imitated, "loss", "The worst case of the run that is imitated; no average was found below"},
      Field{"exact_imitated", &X::exact_imitated, "", "Whether that is exact; else an upper bound"},
      Field{"fails_at", &X::fails_at, "steps", "The last step at which the condition for 'decay' fails; 0: nowhere"},
      Field{"best_scale", &X::best_scale, "", "The factor of all rates with the smallest bound"},
      Field{"best_value", &X::best_value, "loss", "The bound there"},
      Field{"best_rule", &X::best_rule, "", "Its proof"}};
};

template <>
struct Record<DropAndAverage> {
  using X = DropAndAverage;
  static constexpr std::string_view name = "DropAndAverage";
  static constexpr std::string_view meaning = "The best drop of a constant rate whose last iterates are averaged";
  static constexpr FieldList fields{Field{"phi", &X::phi, "", "The best factor of the rate in the window"},
                                    Field{"value", &X::value, "loss", "The bound there"},
                                    Field{"at_full", &X::at_full, "loss", "The bound without a drop"}};
};

template <>
struct Record<ConstantEnding> {
  using X = ConstantEnding;
  static constexpr std::string_view name = "ConstantEnding";
  static constexpr std::string_view meaning = "A way to end a run of constant rates, and what it guarantees";
  static constexpr FieldList fields{
      Field{"way", &X::way, "", "'cooldown', 'drop and cooldown', 'average' or 'drop and average'"},
      Field{"last", &X::last, "steps", "So many steps, or iterates, at the end"},
      Field{"phi", &X::phi, "", "The rate to which it drops there, over that before"},
      Field{"spec", &X::spec, "", "The rates, and what is averaged, as text"},
      Field{"bound", &X::bound, "loss", "Of the last iterate or of the average"}};
};

}  // namespace scheduled
