// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "schedule/records.hpp"
#include "scheduled/bound.hpp"

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

}  // namespace scheduled
