// What Transformers and the programs above it share.
#pragma once

#include "foreign/tool.hpp"

namespace scheduled::foreign {

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
