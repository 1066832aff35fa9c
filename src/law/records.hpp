// The results of this module, each described once (base/record.hpp).
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/record.hpp"
#include "schedule/records.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled {

namespace law {
std::span<const std::string_view> names() noexcept;  // registry.cpp
}

/// Those of the definitions: a law is named in its own file.
template <>
struct Words<LawKind> {
  struct Names {
    operator std::span<const std::string_view>() const noexcept { return law::names(); }
    std::string_view operator[](std::size_t i) const noexcept { return law::names()[i]; }
    std::size_t size() const noexcept { return law::names().size(); }
    auto begin() const noexcept { return law::names().begin(); }
    auto end() const noexcept { return law::names().end(); }
  };
  static constexpr Names words{};
};
template <>
struct Words<WorthGoingOn> {
  static constexpr std::array<std::string_view, 3> words{"yes", "no", "unsure"};
};
template <>
struct Words<BetterSpent> {
  static constexpr std::array<std::string_view, 3> words{"trunk", "cooldown", "alike"};
};
template <>
struct Words<Falls> {
  static constexpr std::array<std::string_view, 2> words{"as-the-law", "slope"};
};

/// A law stands within results as in files.
Json describe_as_json(const Law& law);
Json describe_schema(Schemas& schemas, const Law*);

template <>
struct Record<SeenRun> {
  static constexpr std::string_view name = "SeenRun";
  static constexpr std::string_view meaning = "What of a fitted run says whether another is like it";
  static constexpr FieldList fields{
      Field{"name", &SeenRun::name, "", "Of the run"},
      Field{"steps", &SeenRun::steps, "steps", "Updates up to its last loss"},
      Field{"peak", &SeenRun::peak, "distance^2/loss", "Its highest rate"},
      Field{"decay", &SeenRun::decay, "", "Share of the updates that come after the last one at the peak"},
      Field{"drop", &SeenRun::drop, "", "Largest fall from one update to the next, as a share of the peak"},
      Field{"shape", &SeenRun::shape, "", "Rates over the peak at nine even places of the decay, or none"},
      Field{"warmup", &SeenRun::warmup, "",
            "Share of the updates before the first one at the peak; 1 in files of before"},
      Field{"rise", &SeenRun::rise, "", "Largest rise after a fall, as a share of the peak; 1 in files of before"},
      Field{"spike", &SeenRun::spike, "", "By how much a few updates are above the peak, as a share of it"},
      Field{"final", &SeenRun::final, "", "Its last rate, as a share of the peak"},
      Field{"to_zero", &SeenRun::to_zero, "", "Its rate fell to 0, or so fast that it was 0 before a next loss"},
      Field{"first", &SeenRun::first, "steps", "Step of its first fitted loss, or 0"}};
};

template <>
struct Record<FittedLaw> {
  static constexpr std::string_view name = "FittedLaw";
  static constexpr std::string_view meaning = "A law with what is needed to say how sure its predictions are";
  static constexpr FieldList fields{
      Field{"law", &FittedLaw::law, "", "The law at its best parameters"},
      Field{"log_residuals", &FittedLaw::log_residuals, "", "Residuals are those of log(loss), else of the loss"},
      Field{"noise", &FittedLaw::noise, "", "Standard deviation of the residuals, robust"},
      Field{"time", &FittedLaw::time, "steps", "Length of the longest run"},
      Field{"covariance", &FittedLaw::covariance, "", "P x P, of the parameters over their units, or their logarithms"},
      Field{"bootstrap", &FittedLaw::bootstrap, "", "Laws of the refits"},
      Field{"inflation", &FittedLaw::inflation, "", "Factor of all intervals, from calibration"},
      Field{"decays", &FittedLaw::decays, "", "Fitted runs that lower their rate"},
      Field{"seen", &FittedLaw::seen, "", "The fitted runs; none in files of before"},
      Field{"how", &FittedLaw::how, "", "How it was fitted, by the command's options; empty in files of before"}};
};

template <>
struct Record<FitRun> {
  static constexpr std::string_view name = "FitRun";
  static constexpr std::string_view meaning = "One run to fit: its rates and its losses";
  static constexpr FieldList fields{
      Field{"name", &FitRun::name, "", "Of the run, for messages"},
      Field{"lr", &FitRun::lr, "distance^2/loss", "Rates of all updates"},
      Field{"step", &FitRun::step, "steps", "Updates after which the losses were measured"},
      Field{"loss", &FitRun::loss, "nats", "The losses"}};
};

template <>
struct Record<Estimate> {
  static constexpr std::string_view name = "Estimate";
  static constexpr std::string_view meaning = "A fitted parameter with its 90 % interval";
  static constexpr FieldList fields{
      Field{"name", &Estimate::name, "", "Of the parameter"},
      Field{"value", &Estimate::value, "", "The fitted value"},
      Field{"lower", &Estimate::lower, "", "Lower end of the interval"},
      Field{"upper", &Estimate::upper, "", "Upper end of the interval"},
      Field{"identified", &Estimate::identified, "", "False where the runs say no more of it than was known before"},
      Field{"at_bound", &Estimate::at_bound, "", "True where it is at the end of its range"}};
};

template <>
struct Record<RunResiduals> {
  static constexpr std::string_view name = "RunResiduals";
  static constexpr std::string_view meaning = "Predicted less measured losses of one run";
  static constexpr FieldList fields{
      Field{"name", &RunResiduals::name, "", "Of the run"},
      Field{"points", &RunResiduals::points, "", "Number of losses"},
      Field{"mean", &RunResiduals::mean, "nats", "Mean"},
      Field{"rms", &RunResiduals::rms, "nats", "Root of the mean square"},
      Field{"largest", &RunResiduals::largest, "nats", "Largest size"},
      Field{"largest_relative", &RunResiduals::largest_relative, "", "Largest size as a share of the loss"}};
};

template <>
struct Record<LawFit> {
  static constexpr std::string_view name = "LawFit";
  static constexpr std::string_view meaning = "What a fit found";
  static constexpr FieldList fields{
      Field{"fitted", &LawFit::fitted, "", "The law, for predictions"},
      Field{"converged", &LawFit::converged, "", "False where more iterations may fit better"},
      Field{"iterations", &LawFit::iterations, "", "Iterations of the best start"},
      Field{"objective", &LawFit::objective, "", "Huber's loss at the end"},
      Field{"estimates", &LawFit::estimates, "", "Parameters with intervals"},
      Field{"residuals", &LawFit::residuals, "", "Of each run"},
      Field{"warnings", &LawFit::warnings, "", "What the runs cannot tell, and units that do not fit together"}};
};

template <>
struct Record<Predicted> {
  static constexpr std::string_view name = "Predicted";
  static constexpr std::string_view meaning = "A loss, or a difference of losses, with its 90 % interval";
  static constexpr FieldList fields{Field{"loss", &Predicted::loss, "nats", "The prediction"},
                                    Field{"lower", &Predicted::lower, "nats", "Lower end of the interval"},
                                    Field{"upper", &Predicted::upper, "nats", "Upper end of the interval"}};
};

template <>
struct Record<CooldownAnswer> {
  static constexpr std::string_view name = "CooldownAnswer";
  static constexpr std::string_view meaning = "What one cooldown would give";
  static constexpr FieldList fields{
      Field{"length", &CooldownAnswer::length, "steps", "Of the cooldown"},
      Field{"loss", &CooldownAnswer::loss, "nats", "At its end"},
      Field{"gain", &CooldownAnswer::gain, "nats", "What more steps on the trunk, before the same cooldown, would win"},
      Field{"longer", &CooldownAnswer::longer, "nats", "What a cooldown longer by these steps would win instead"},
      Field{"worth_going_on", &worth_going_on, "", "Whether more steps on the trunk pay, by the interval of the gain"},
      Field{"better_spent", &better_spent, "", "Where the next steps win more, if the intervals tell"}};
};

template <>
struct Record<VirtualCooldown> {
  static constexpr std::string_view name = "VirtualCooldown";
  static constexpr std::string_view meaning = "Cooldowns of several lengths, started now";
  static constexpr FieldList fields{Field{"now", &VirtualCooldown::now, "steps", "Updates of the trunk"},
                                    Field{"trunk", &VirtualCooldown::trunk, "nats", "Its loss now, by the law"},
                                    Field{"answers", &VirtualCooldown::answers, "", "One for each length"}};
};

template <>
struct Record<LawGradient> {
  static constexpr std::string_view name = "LawGradient";
  static constexpr std::string_view meaning = "The loss after all updates, and its derivative in each rate";
  static constexpr FieldList fields{
      Field{"loss", &LawGradient::loss, "nats", "After all updates"},
      Field{"rate", &LawGradient::rate, "nats loss/distance^2", "Its derivative in the rate of each update"}};
};

template <>
struct Record<LawOptimum> {
  static constexpr std::string_view name = "LawOptimum";
  static constexpr std::string_view meaning = "The schedule of the smallest final loss by a law";
  static constexpr FieldList fields{
      Field{"lr", &LawOptimum::lr, "distance^2/loss", "One rate per update, not increasing after the warmup"},
      Field{"loss", &LawOptimum::loss, "nats", "By the law itself"},
      Field{"gap", &LawOptimum::gap, "nats", "How much it could still fall, to the first order"},
      Field{"converged", &LawOptimum::converged, "", "True where the gap is within the tolerance"},
      Field{"evaluations", &LawOptimum::evaluations, "", "Of loss and gradient"},
      Field{"bound", &LawOptimum::bound, "nats",
            "No schedule of the same warmup and cap that never rises afterwards is below it, by the law"}};
};

template <>
struct Record<SeenOptimum> {
  static constexpr std::string_view name = "SeenOptimum";
  static constexpr std::string_view meaning = "The best schedule by a law of those whose decay some fitted run has";
  static constexpr FieldList fields{
      Field{"lr", &SeenOptimum::lr, "distance^2/loss", "One rate per update"},
      Field{"loss", &SeenOptimum::loss, "nats", "By the law"},
      Field{"run", &SeenOptimum::run, "", "The fitted run whose decay it has"},
      Field{"peak", &SeenOptimum::peak, "distance^2/loss", "Its highest rate"},
      Field{"decay", &SeenOptimum::decay, "", "Share of the run in which its rate falls"}};
};

template <>
struct Record<LawPeak> {
  static constexpr std::string_view name = "LawPeak";
  static constexpr std::string_view meaning = "The best peak of a schedule by a law";
  static constexpr FieldList fields{
      Field{"peak", &LawPeak::peak, "distance^2/loss", "The peak with the smallest final loss"},
      Field{"loss", &LawPeak::loss, "nats", "The loss there"},
      Field{"at_cap", &LawPeak::at_cap, "", "True where a higher peak may be better"}};
};

}  // namespace scheduled
