// Parameters that mean the same in several laws. Starts and priors: round numbers, the same for every model; where they
// come from is told in docs/laws.md.
#pragma once

#include "law/definition.hpp"

namespace scheduled::law {

inline constexpr double tiny = 1e-12;  ///< lower bound of what must be > 0

inline constexpr LawParameter floor_loss{.name = "L0", .meaning = "loss of endless training", .linear = true};
inline constexpr LawParameter progress_part{.name = "A",
                                            .meaning = "loss that progress can still win at the reference sum",
                                            .lower = tiny,
                                            .log_scale = true,
                                            .linear = true,
                                            .start = 0.2};
inline constexpr LawParameter progress_exponent{.name = "alpha",
                                                .meaning = "exponent of progress",
                                                .lower = 0.01,
                                                .upper = 5.0,
                                                .log_scale = true,
                                                .start = 0.55,
                                                .spread = 0.2};
inline constexpr LawParameter drop_part{.name = "B",
                                        .meaning = "most that a decay from the reference rate to 0 wins",
                                        .lower = tiny,
                                        .log_scale = true,
                                        .linear = true,
                                        .start = 0.2,
                                        .spread = 0.6};
inline constexpr LawParameter drop_speed{.name = "C",
                                         .meaning = "how soon a decay pays, per reference sum",
                                         .lower = tiny,
                                         .log_scale = true,
                                         .start = 0.02,
                                         .spread = 1.0,
                                         .unit = LawUnit::steps};
inline constexpr LawParameter drop_exponent{.name = "beta",
                                            .meaning = "exponent of a decay's late gains",
                                            .lower = 0.01,
                                            .upper = 50.0,
                                            .log_scale = true,
                                            .start = 0.45,
                                            .spread = 0.5};
inline constexpr LawParameter weight_decay{.name = "lambda",
                                           .meaning = "weight decay",
                                           .lower = 1e-6,
                                           .upper = 100.0,
                                           .log_scale = true,
                                           .start = 0.1,
                                           .spread = 0.5};
inline constexpr LawParameter peak_exponent{
    .name = "delta",
    .meaning = "exponent by which a higher peak makes faster progress than its angles say",
    .lower = -2.0,
    .upper = 2.0,
    .start = 0.0,
    .spread = 0.17};
/// Of the laws by the bound.
inline constexpr LawParameter bound_floor{.name = "C", .meaning = "loss of endless training", .linear = true};
inline constexpr LawParameter bound_unit{
    .name = "M", .meaning = "loss per unit of the bound", .lower = 0.0, .linear = true, .start = 1.0};

}  // namespace scheduled::law
