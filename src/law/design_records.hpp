// The descriptions of what laws say to do (base/record.hpp).
#pragma once

#include "law/records.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled {

template <>
struct Words<TaskKind> {
  static constexpr std::array<std::string_view, 3> words{"easy", "hard", "unsure"};
};

template <>
struct Record<FunctionalOptimum> {
  using X = FunctionalOptimum;
  static constexpr std::string_view name = "FunctionalOptimum";
  static constexpr std::string_view meaning = "The schedule that the functional scaling law calls best";
  static constexpr FieldList fields{
      Field{"lr", &X::lr, "distance^2/loss", "One rate per update"},
      Field{"loss", &X::loss, "nats", "By the law"},
      Field{"exponent", &X::exponent, "", "Of the decay, 2 beta - 1"},
      Field{"peak", &X::peak, "distance^2/loss", "Rate of the first update after the warmup"},
      Field{"decay", &X::decay, "steps", "Updates of the fall; those before it are the plateau"},
      Field{"at_cap", &X::at_cap, "", "True where the peak is the cap"},
      Field{"bound", &X::bound, "nats",
            "No schedule of the same warmup and cap that never rises afterwards is below it, by the law"}};
};

template <>
struct Record<FunctionalExponents> {
  using X = FunctionalExponents;
  static constexpr std::string_view name = "FunctionalExponents";
  static constexpr std::string_view meaning = "The exponents of a functional scaling law";
  static constexpr FieldList fields{
      Field{"s", &X::s, "", "Source exponent"}, Field{"beta", &X::beta, "", "Capacity exponent"},
      Field{"margin", &X::margin, "", "s - (1 - 1/beta), below 0 for a hard task"},
      Field{"task", &X::task, "", "easy: decay over the whole run is best; hard: the highest rate nearly to the end"}};
};

template <>
struct Record<Experiment> {
  using X = Experiment;
  static constexpr std::string_view name = "Experiment";
  static constexpr std::string_view meaning = "A run that could be made";
  static constexpr FieldList fields{Field{"name", &X::name, "", "Of the run"},
                                    Field{"lr", &X::lr, "distance^2/loss", "All its rates"},
                                    Field{"shared", &X::shared, "steps", "The first of them, which were made already"}};
};

template <>
struct Record<ExperimentValue> {
  using X = ExperimentValue;
  static constexpr std::string_view name = "ExperimentValue";
  static constexpr std::string_view meaning = "What a run would tell of an asked loss";
  static constexpr FieldList fields{
      Field{"name", &X::name, "", "Of the run"}, Field{"first", &X::first, "steps", "Updates that are there already"},
      Field{"cost", &X::cost, "steps", "Updates to make"},
      Field{"half_width", &X::half_width, "nats", "Of the 90 % interval afterwards, expected"},
      Field{"narrowed", &X::narrowed, "", "Share of what can be narrowed, of squares"}};
};

template <>
struct Record<NextRun> {
  using X = NextRun;
  static constexpr std::string_view name = "NextRun";
  static constexpr std::string_view meaning = "Which run to make next, so that an asked loss is known better";
  static constexpr FieldList fields{
      Field{"loss", &X::loss, "nats", "The asked one, by the law"},
      Field{"predicted", &X::predicted, "nats",
            "The same with the interval of a prediction, which says what a loss will be; none where it is not "
            "identified"},
      Field{"half_width", &X::half_width, "nats",
            "Of its 90 % interval now as runs to come are weighed by, mostly wider"},
      Field{"least", &X::least, "nats", "What no run narrows"},
      Field{"experiments", &X::experiments, "", "One for each run that could be made"},
      Field{"best", &X::best, "", "The cheapest that narrows nearly as much as any, counted from 0"}};
};

}  // namespace scheduled
