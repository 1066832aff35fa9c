// The results of scheduled/exact.hpp, each described once (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "base/record.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {

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
      "The convex function for which a run is as bad as it can be: f(x) = max(0, max_t <g_t, x>), u_1 = slope e_0, g_t "
      "= "
      "u_t + b_t e_t, u_{t+1} = u_t - a_t b_t e_t";
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

}  // namespace scheduled
