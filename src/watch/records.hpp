// The description of a watched run (base/record.hpp).
#pragma once

#include <array>
#include <string_view>

#include "law/records.hpp"
#include "scheduled/watch.hpp"

namespace scheduled {

template <>
struct Words<RunNotice> {
  static constexpr std::array<std::string_view, 3> words{"none", "plateau", "diverging"};
};

template <>
struct Record<WatchedRun> {
  static constexpr std::string_view name = "WatchedRun";
  static constexpr std::string_view meaning = "A run that goes on, at its last row";
  static constexpr FieldList fields{
      Field{"name", &WatchedRun::name, "", "The log's name"},
      Field{"step", &WatchedRun::step, "steps", "The last step that was logged"},
      Field{"lr", &WatchedRun::lr, "distance^2/loss", "The last rate that was logged"},
      Field{"loss_column", &WatchedRun::loss_column, "", "val_loss, train_loss, or empty"},
      Field{"loss", &WatchedRun::loss, "loss", "The last loss that was logged"},
      Field{"loss_step", &WatchedRun::loss_step, "steps", "The step of that loss"},
      Field{"not_finite_since", &WatchedRun::not_finite_since, "steps",
            "From this step on a loss is not finite; nothing: it is"},
      Field{"bound", &WatchedRun::bound, "loss", "The bound at the last step"},
      Field{"distance", &WatchedRun::distance, "distance", "D of the bound"},
      Field{"no_bound", &WatchedRun::no_bound, "", "Why there is none"},
      Field{"gain", &WatchedRun::gain, "loss", "What 1,000 steps win, by the losses of the last quarter of the run"},
      Field{"notice", &WatchedRun::notice, "", "What the last losses say"},
      Field{"cooldown", &WatchedRun::cooldown, "steps", "Length of the cooldown asked about"},
      Field{"now", &WatchedRun::now, "loss", "Predicted loss at the end of a cooldown started now"},
      Field{"later", &WatchedRun::later, "loss", "The same, started after some more steps at the rate now"},
      Field{"no_prediction", &WatchedRun::no_prediction, "", "Why there is none"},
      Field{"warnings", &WatchedRun::warnings, "",
            "What of that cooldown no fitted run has; of the later one, if nothing"}};
};

}  // namespace scheduled
