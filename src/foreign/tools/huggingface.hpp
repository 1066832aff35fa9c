// What Transformers and the programs above it share.
#pragma once

#include <algorithm>
#include <array>

#include "foreign/tool.hpp"

namespace scheduled::foreign {

/// Keys that they have by the same names.
constexpr std::array trainer_keys{
    ForeignKey{"lr_scheduler_kwargs.num_cycles", "", "cycles of the cosine"},
    ForeignKey{"lr_scheduler_kwargs.min_lr", "", "last rate"},
    ForeignKey{"lr_scheduler_kwargs.min_lr_rate", "", "last rate as a share of the peak"},
    ForeignKey{"lr_scheduler_kwargs.warmup_lr_rate", "", "first rate as a share of the peak"},
    ForeignKey{"lr_scheduler_kwargs.power", "1.0", "of the polynomial"},
    ForeignKey{"lr_scheduler_kwargs.lr_end", "1e-7", "last rate"},
    ForeignKey{"lr_scheduler_kwargs.timescale", "", "of the inverse square root"},
    ForeignKey{"lr_scheduler_kwargs.num_decay_steps", "", "length of the decay"},
    ForeignKey{"lr_scheduler_kwargs.num_stable_steps", "", "steps at the peak"},
    ForeignKey{"lr_scheduler_kwargs.warmup_type", "linear", "shape of the warmup"},
    ForeignKey{"lr_scheduler_kwargs.decay_type", "cosine", "shape of the decay"},
    ForeignKey{"lr_scheduler_kwargs.min_lr_ratio", "0.0", "last rate as a share of the peak"},
    ForeignKey{"loraplus_lr_ratio", "", "peak of a part of LoRA"},
    ForeignKey{"loraplus_lr_embedding", "", "peak of a part of LoRA"},
};

/// A program's own keys and these.
template <std::size_t N>
constexpr auto with_trainer_keys(const std::array<ForeignKey, N>& own) {
  std::array<ForeignKey, N + trainer_keys.size()> all{};
  std::copy(trainer_keys.begin(), trainer_keys.end(), std::copy(own.begin(), own.end(), all.begin()));
  return all;
}

/// The lr_scheduler_types that are read.
constexpr std::array<std::string_view, 10> hugging_face_kinds{"linear",
                                                              "cosine",
                                                              "cosine_with_restarts",
                                                              "polynomial",
                                                              "constant",
                                                              "constant_with_warmup",
                                                              "inverse_sqrt",
                                                              "cosine_with_min_lr",
                                                              "cosine_warmup_with_min_lr",
                                                              "warmup_stable_decay"};

/// warmup_steps, or a share of the updates, rounded up.
std::int64_t hugging_face_warmup(Values& values, std::optional<std::int64_t> updates);

/// Of one of its lr_scheduler_types; without `updates` where the shape has no end.
Schedule hugging_face_schedule(Values& values, const std::string& kind, std::int64_t warmup,
                               std::optional<std::int64_t> updates);

Written write_hugging_face(const Outline& outline);

constexpr std::string_view hugging_face_glue =
    "import numpy as np, torch\n"
    "rates = np.load(\"TABLE\")\n"
    "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: rates[min(i, len(rates) - 1)] / PEAK)\n"
    "# for optimizers=(optimizer, scheduler) of the Trainer; the optimizer with lr=PEAK\n";

}  // namespace scheduled::foreign
