// What a training prints, described once (base/record.hpp).
#pragma once

#include <string_view>

#include "base/record.hpp"
#include "trainer/train.hpp"

namespace scheduled {

template <>
struct Record<trainer::TrainResult> {
  using X = trainer::TrainResult;
  static constexpr std::string_view name = "TrainResult";
  static constexpr std::string_view meaning = "How far a line was trained";
  static constexpr FieldList fields{
      Field{"line", &X::line, "", "The trunk or a branch"},
      Field{"first", &X::first, "steps", "Finished updates before"},
      Field{"step", &X::step, "steps", "Finished updates after"},
      Field{"end", &X::end, "steps", "Where it was to stop"},
      Field{"stopped", &X::stopped, "", "True where it was asked to stop before the end"},
      Field{"val_loss", &X::val_loss, "nats", "Per token, at the end; none where it was stopped"},
      Field{"folder", &X::folder, "", "Of the last checkpoint"},
      Field{"parameters", &X::parameters, "", "Of the model"},
      Field{"seconds", &X::seconds, "s", "Of the updates, without evaluation and checkpoints"},
      Field{"recording", &X::recording, "s", "For the live bound and the log, besides"},
      Field{"committing", &X::committing, "s", "For checkpoints"},
      Field{"tokens_per_second", &X::tokens_per_second, "1/s", "In the seconds of the updates"}};
};

}  // namespace scheduled
