// Configurations at random, per program: what is read of one is written, and read back with the same rates at every
// step, to the last bit; or the reason why not is one of those that are listed here.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "scheduled/foreign.hpp"

namespace scheduled {
namespace {

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : engine_(seed) {}
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint32_t>(high - low + 1));
  }
  bool chance(int of) { return whole(1, of) == 1; }
  std::string word(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(whole(0, static_cast<std::int64_t>(words.size()) - 1))];
  }
  std::string count(std::int64_t low, std::int64_t high) { return std::to_string(whole(low, high)); }
  std::string peak() { return word({"3e-4", "0.00123", "7.7e-3", "0.02", "6.000000000000001e-4"}); }
  std::string low() { return word({"0", "3e-5", "1.7e-5", "1e-4", "3.3333333333333335e-5"}); }
  std::string share() { return word({"0", "0.1", "0.07", "0.3333333333333333", "0.123456789"}); }
  std::string updates() { return word({"1", "2", "10", "37", "120", "250"}); }
  std::string warmup() { return word({"0", "0", "1", "2", "5", "12", "40"}); }
  /// " key value" in every second case.
  std::string maybe(const std::string& text) { return chance(2) ? text : std::string(); }

 private:
  std::mt19937 engine_;
};

using Configuration = std::function<std::string(Draw&)>;

struct Family {
  std::string tool;
  Configuration text;
  std::vector<std::string> reasons;  ///< why some are not written
};

constexpr const char* a_table = "could be told from a table of rates";
constexpr const char* no_horizon = "the schedule has no horizon";

std::string megatron_samples(Draw& draw) {
  const std::string style = draw.word({"linear", "cosine", "WSD", "constant", "inverse-square-root"});
  std::string text = "--lr " + draw.peak() + " --min-lr " + draw.low() + " --lr-decay-style " + style +
                     " --train-samples " + draw.count(300, 3000) + " --lr-warmup-samples " + draw.count(1, 200);
  text += draw.word({" --global-batch-size 7", " --global-batch-size 10",
                     " --global-batch-size 24 --rampup-batch-size 8 4 300",
                     " --seq-length 16 --step-batch-size-schedule '0:8 1600:16'"});
  if (style == "WSD")
    text += " --lr-wsd-decay-samples " + draw.count(1, 300) + " --lr-wsd-decay-style " +
            draw.word({"linear", "cosine", "exponential", "minus_sqrt"});
  return text + draw.maybe(" --lr-decay-samples " + draw.count(500, 4000));
}

std::string megatron(Draw& draw) {
  if (draw.chance(3)) return megatron_samples(draw);
  const std::string style = draw.word({"linear", "cosine", "WSD", "constant", "inverse-square-root"});
  std::string text = "--lr " + draw.peak() + " --min-lr " + draw.low() + " --lr-decay-style " + style +
                     " --train-iters " + draw.updates();
  text += draw.chance(5) ? " --lr-warmup-fraction 0.05" : " --lr-warmup-iters " + draw.warmup();
  if (style == "WSD")
    text += " --lr-wsd-decay-iters " + draw.count(1, 60) + " --lr-wsd-decay-style " +
            draw.word({"linear", "cosine", "exponential", "minus_sqrt"});
  text += draw.maybe(" --lr-decay-iters " + draw.count(2, 300));
  return text + draw.maybe(" --lr-warmup-init 1e-6");
}

std::string nemo(Draw& draw) {
  const std::string name = draw.word(
      {"CosineAnnealing", "WarmupPolicy", "WarmupAnnealing", "PolynomialDecayAnnealing", "NoamAnnealing",
       "InverseSquareRootAnnealing", "CosineAnnealing", "WarmupHoldAnnealLinear", "NoamHoldAnnealing",
       "WarmupHoldAnnealOneMinusSquareRoot", "PolynomialHoldDecayAnnealing", "SquareAnnealing", "SquareRootAnnealing"});
  std::string text = "model:\n  optim:\n    lr: " + draw.peak() + "\n    sched:\n      name: " + name +
                     "\n      warmup_steps: " + draw.warmup() + "\n      min_lr: " + draw.low() + "\n";
  if (name == "CosineAnnealing") text += draw.maybe("      constant_steps: " + draw.count(0, 20) + "\n");
  if (name.starts_with("Polynomial")) text += "      power: " + draw.word({"1.0", "2.0", "0.7"}) + "\n";
  if (name.find("Hold") != std::string::npos) text += draw.maybe("      hold_steps: " + draw.count(0, 30) + "\n");
  if (name == "NoamAnnealing") text += "      d_model: " + draw.word({"1", "512", "768"}) + "\n";
  text += draw.maybe("      max_steps: " + draw.count(2, 300) + "\n");
  return text + draw.maybe("trainer:\n  max_steps: " + draw.updates() + "\n");
}

std::string torchtitan(Draw& draw) {
  std::string text = "[optimizer]\nlr = " + draw.peak() + "\n[training]\nsteps = " + draw.updates() +
                     "\n[lr_scheduler]\nwarmup_steps = " + draw.warmup() + "\ndecay_type = '" +
                     draw.word({"linear", "sqrt", "cosine"}) + "'\nmin_lr_factor = " + draw.share() + "\n";
  text += draw.maybe("decay_ratio = " + draw.share() + "\n");
  return text + draw.maybe("total_steps = " + draw.count(10, 300) + "\n");
}

std::string olmo_core(Draw& draw) {
  const std::string name = draw.word({"ConstantWithWarmup", "LinearWithWarmup", "CosWithWarmup", "HalfCosWithWarmup",
                                      "InvSqrtWithWarmup", "WSD", "PowerLR", "CosWithWarmupAndLinearDecay"});
  std::string text = "train_module:\n  optim:\n    lr: " + draw.peak() +
                     "\n  scheduler:\n    _CLASS_: olmo_core.optim.scheduler." + name +
                     "\n    warmup: " + draw.warmup() + "\n";
  text += draw.maybe("    warmup_min_lr: 1e-6\n");
  if (name.find("With") != std::string::npos && name != "ConstantWithWarmup")
    text += "    alpha_f: " + draw.share() + "\n";
  if (name == "WSD" || name == "PowerLR" || name == "CosWithWarmupAndLinearDecay")
    text += "    decay: " + draw.count(1, 30) + "\n    decay_fraction: null\n" +
            draw.maybe("    decay_min_lr: " + draw.low() + "\n");
  if (name.starts_with("Cos") || name.starts_with("Lin"))
    text += draw.maybe("    t_max: " + draw.count(10, 300) + "\n");
  return text + "trainer:\n  max_duration:\n    value: " + draw.updates() + "\n    unit: steps\n";
}

std::string nanotron(Draw& draw) {
  std::string text = "optimizer:\n  learning_rate_scheduler:\n    learning_rate: " + draw.peak() +
                     "\n    lr_warmup_steps: " + draw.warmup() +
                     "\n    lr_warmup_style: " + draw.word({"linear", "constant"}) +
                     "\n    lr_decay_style: " + draw.word({"linear", "cosine", "1-sqrt"}) + "\n";
  text += draw.maybe("    lr_decay_starting_step: " + draw.count(1, 100) + "\n");
  text += draw.maybe("    lr_decay_steps: " + draw.count(1, 100) + "\n");
  text += draw.maybe("    min_decay_lr: " + draw.low() + "\n");
  return text + "tokens:\n  train_steps: " + draw.updates() + "\n";
}

std::string deepspeed(Draw& draw) {
  const std::string type = draw.word({"WarmupLR", "WarmupDecayLR", "WarmupCosineLR"});
  std::string text = R"({"optimizer": {"params": {"lr": )" + draw.peak() + R"(}}, "scheduler": {"type": ")" + type +
                     R"(", "params": {"warmup_num_steps": )" + draw.count(1, 30) + R"(, "warmup_type": ")" +
                     draw.word({"log", "linear"}) + "\"";
  if (type == "WarmupCosineLR") {
    text += R"(, "cos_min_ratio": )" + draw.share() + draw.maybe(R"(, "warmup_min_ratio": )" + draw.share());
  } else {
    text += R"(, "warmup_max_lr": )" + draw.peak() + draw.maybe(R"(, "warmup_min_lr": )" + draw.low());
  }
  return text + R"(, "total_num_steps": )" + draw.updates() + "}}}";
}

std::string nanogpt(Draw& draw) {
  return "--learning_rate=" + draw.peak() + " --max_iters=" + draw.updates() + " --warmup_iters=" + draw.warmup() +
         " --lr_decay_iters=" + draw.word({draw.count(1, 200), "12"}) + " --min_lr=" + draw.low() +
         " --decay_lr=" + draw.word({"True", "True", "False"});
}

std::string llmc(Draw& draw) {
  return "-l " + draw.peak() + " -x " + draw.updates() + " -u " + draw.warmup() + " -q " + draw.share() + " -k " +
         draw.word({"cosine", "linear", "constant", "wsd"});
}

/// The Trainer's own, with `key` as the name of the shape.
std::string trainer(Draw& draw, const std::string& key) {
  const std::string kind =
      draw.word({"linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup",
                 "inverse_sqrt", "cosine_with_min_lr", "cosine_warmup_with_min_lr", "warmup_stable_decay"});
  std::string text = "learning_rate: " + draw.peak() + "\n" + key + ": " + kind + "\nwarmup_steps: " + draw.warmup() +
                     "\nmax_steps: " + draw.updates() + "\n";
  std::string options;
  if (kind == "cosine") options += draw.maybe("  num_cycles: " + draw.word({"1", "1.5", "0.25", "0.75"}) + "\n");
  if (kind == "cosine_with_restarts") options += draw.maybe("  num_cycles: " + draw.count(1, 4) + "\n");
  if (kind == "polynomial") options += draw.maybe("  power: 2.5\n") + draw.maybe("  lr_end: 1e-5\n");
  if (kind.ends_with("min_lr"))
    options += draw.chance(2) ? "  min_lr: 1.7e-5\n" : "  min_lr_rate: " + draw.share() + "\n";
  if (kind == "cosine_warmup_with_min_lr") options += draw.maybe("  warmup_lr_rate: " + draw.share() + "\n");
  if (kind == "inverse_sqrt") options += draw.maybe("  timescale: 77\n");
  if (kind == "warmup_stable_decay") {
    options += "  num_decay_steps: " + draw.count(1, 40) + "\n  min_lr_ratio: " + draw.share() + "\n";
    options += draw.maybe("  num_stable_steps: " + draw.count(0, 60) + "\n");
    options += "  decay_type: " + draw.word({"linear", "cosine", "1-sqrt"}) + "\n";
    options += draw.maybe("  warmup_type: " + draw.word({"cosine", "1-sqrt"}) + "\n");
  }
  return options.empty() ? text : text + "lr_scheduler_kwargs:\n" + options;
}

std::string huggingface(Draw& draw) { return trainer(draw, "lr_scheduler_type"); }

/// The lengths of its warmup_stable_decay have defaults.
std::string llama_factory(Draw& draw) {
  if (draw.chance(2)) return huggingface(draw);
  const std::string stable = draw.maybe("  num_stable_steps: " + draw.count(0, 60) + "\n");
  return "learning_rate: " + draw.peak() + "\nlr_scheduler_type: warmup_stable_decay\nwarmup_steps: " + draw.warmup() +
         "\nmax_steps: " + draw.updates() + "\nlr_scheduler_kwargs:\n  min_lr_ratio: " + draw.share() + "\n" + stable +
         draw.maybe("  num_decay_steps: " + draw.count(1, 40) + "\n");
}

std::string axolotl(Draw& draw) {
  if (draw.chance(2)) return trainer(draw, "lr_scheduler") + "base_model: m\n";
  return "base_model: m\nlearning_rate: " + draw.peak() + "\nlr_scheduler: cosine\nwarmup_steps: " + draw.warmup() +
         "\nmax_steps: " + draw.updates() + "\ncosine_min_lr_ratio: " + draw.share() + "\n" +
         draw.maybe("cosine_constant_lr_ratio: " + draw.word({"0", "0.8", "0.73", "0.95"}) + "\n");
}

std::string big_vision(Draw& draw) {
  const std::string type = draw.word({"linear", "polynomial", "cosine", "rsqrt", "stair"});
  std::string text = "config.lr = " + draw.peak() + "\nconfig.total_steps = " + draw.updates() +
                     "\nconfig.schedule = dict(decay_type='" + type + "', warmup_steps=" + draw.warmup();
  if (type == "linear" || type == "polynomial") text += ", end=" + draw.share() + draw.maybe(", power=2.0");
  if (type == "rsqrt") text += ", timescale=" + draw.word({"100", "77.5"}) + draw.maybe(", shift=20");
  if (type == "stair") text += draw.chance(2) ? ", steps=[20, 60], mults=[0.3, 0.07]" : ", steps=[], mults=[]";
  return text + draw.maybe(", cooldown_steps=" + draw.count(1, 20)) + ")\n";
}

std::string optax_shape(Draw& draw, const std::string& peak) {
  const std::string steps = draw.count(1, 80);
  return draw.word(
      {"optax.constant_schedule(" + peak + ")",
       "optax.linear_schedule(" + peak + ", " + draw.low() + ", " + steps + ")",
       "optax.linear_schedule(" + peak + ", " + draw.low() + ", " + steps + ", transition_begin=9)",
       "optax.polynomial_schedule(" + peak + ", " + draw.low() + ", 2.5, " + steps + ")",
       "optax.cosine_decay_schedule(" + peak + ", " + steps + ", alpha=" + draw.share() + ")",
       "optax.cosine_decay_schedule(" + peak + ", " + steps + ", exponent=1.5)",
       "optax.exponential_decay(" + peak + ", " + steps + ", " + draw.word({"0.5", "0.96", "0.123"}) + ")"});
}

std::string optax_alone(Draw& draw) {
  const std::string peak = draw.peak(), steps = draw.count(41, 120);
  const std::string rise = "optax.warmup_";
  const std::string begin = "(" + draw.low() + ", " + peak + ", " + draw.count(1, 40);
  return draw.word(
      {optax_shape(draw, peak), rise + "constant_schedule" + begin + ")",
       rise + "cosine_decay_schedule" + begin + ", " + steps + ", end_value=" + draw.low() + ")",
       rise + "exponential_decay_schedule" + begin + ", " + steps + ", 0.7" + draw.maybe(", end_value=1e-5") + ")",
       "optax.piecewise_constant_schedule(" + peak + ", {20: 0.3, 50: 0.1, 70: 0.7})",
       "optax.exponential_decay(" + peak + ", 10, 0.5, staircase=True)",
       "optax.linear_schedule(" + draw.low() + ", " + peak + ", " + steps + ")",
       "optax.sgdr_schedule([dict(init_value=0.0, peak_value=" + peak +
           ", warmup_steps=5, decay_steps=30, end_value=1e-5), dict(init_value=1e-5, peak_value=0.002, warmup_steps=3, "
           "decay_steps=60, end_value=0.0)])",
       "optax.cosine_onecycle_schedule(" + steps + ", " + peak + ")",
       "optax.linear_onecycle_schedule(" + steps + ", " + peak + ")"});
}

std::string optax(Draw& draw) {
  if (draw.chance(2)) return optax_alone(draw);
  const std::string peak = draw.peak();
  std::string calls = "optax.linear_schedule(" + draw.low() + ", " + peak + ", 10)", marks = "10";
  if (draw.chance(2)) {
    calls += ", optax.constant_schedule(" + peak + ")";
    marks += ", 30";
  } else if (draw.chance(3)) {
    calls += ", " + optax_shape(draw, draw.peak());
    marks += ", 25";
  }
  return "optax.join_schedules([" + calls + ", " + optax_shape(draw, draw.chance(5) ? draw.peak() : peak) + "], [" +
         marks + "])";
}

std::string torch_shape(Draw& draw) {
  const std::string steps = draw.count(1, 80);
  return draw.word(
      {"CosineAnnealingLR(opt, T_max=250, eta_min=" + draw.low() + ")",
       "LinearLR(opt, 1.0, " + draw.share() + ", " + steps + ")",
       "PolynomialLR(opt, " + steps + ", power=" + draw.word({"1.0", "2.0"}) + ")", "StepLR(opt, 30)",
       "MultiStepLR(opt, [20, 45, 60], gamma=0.3)", "ExponentialLR(opt, 0.97)",
       "ConstantLR(opt, factor=" + draw.word({"0.5", "0.3333333333333333", "0.1"}) + ", total_iters=" + steps + ")"});
}

std::string pytorch(Draw& draw) {
  const std::string optimizer = "opt = SGD(parameters, lr=" + draw.word({"0.1", "0.02", "0.00123"}) + ")\ns = ";
  if (draw.chance(8)) return "OneCycleLR(opt, 0.01, total_steps=" + draw.count(20, 200) + ")";
  if (draw.chance(8)) return optimizer + "CosineAnnealingWarmRestarts(opt, 20, T_mult=2)";
  if (draw.chance(2)) return optimizer + torch_shape(draw);
  std::string calls = "LinearLR(opt, start_factor=" + draw.word({"0.1", "0.01"}) + ", total_iters=10)", marks = "10";
  if (draw.chance(2)) {
    calls += ", " + torch_shape(draw);
    marks += ", 40";
  }
  return optimizer + "SequentialLR(opt, [" + calls + ", " + torch_shape(draw) + "], milestones=[" + marks + "])";
}

/// The reason without its numbers, so that it is the same for all of its kind.
std::string without_numbers(const std::string& text) {
  std::string kept;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || c == '.' || c == '-') continue;
    kept += c;
  }
  return kept;
}

std::string shown(const Schedule& schedule) { return print(schedule).substr(0, 200); }

struct Tally {
  int read = 0, written = 0;
  std::map<std::string, std::string> reasons = {};  ///< with a configuration each
};

void go_round(const Family& family, const std::string& text, Tally& tally) {
  std::optional<ImportedSchedule> first;
  try {
    first = import_schedule(text, {.tool = family.tool, .updates = std::nullopt, .source = "x"});
  } catch (const ArgumentError&) {
    try {
      first = import_schedule(text, {.tool = family.tool, .updates = 100, .source = "x"});
    } catch (const ArgumentError&) {
      return;
    }
  }
  ++tally.read;
  std::string why;
  std::optional<ExportedSchedule> out;
  try {
    out = export_schedule(first->schedule, family.tool);
    if (out->table) why = out->why;
  } catch (const ArgumentError& error) {
    why = error.fields().requirement;
  }
  if (!why.empty()) {
    const bool listed = std::any_of(family.reasons.begin(), family.reasons.end(),
                                    [&](const std::string& reason) { return why.find(reason) != std::string::npos; });
    EXPECT_TRUE(listed) << family.tool << ": " << why << "\n" << text << "\n" << shown(first->schedule);
    for (const std::string& reason : family.reasons) {
      if (why.find(reason) != std::string::npos) tally.reasons.emplace(without_numbers(reason), text);
    }
    return;
  }
  ++tally.written;
  const ImportedSchedule back =
      import_schedule(out->text, {.tool = family.tool, .updates = out->updates, .source = "back"});
  for (std::int64_t i = 0; i < out->updates.value_or(400); ++i) {
    if (back.schedule.lr(i) == first->schedule.lr(i)) continue;
    ADD_FAILURE() << family.tool << ", step " << i << "\n"
                  << text << "\n"
                  << shown(first->schedule) << "\n"
                  << out->text << "\n"
                  << shown(back.schedule);
    return;
  }
}

TEST(ForeignRoundTrip, WhatIsReadIsWrittenOrTheReasonIsListed) {
  const Family families[] = {{"huggingface", huggingface, {a_table, no_horizon}},
                             {"llama-factory", llama_factory, {a_table, no_horizon}},
                             {"axolotl", axolotl, {a_table, no_horizon, "makes a warmup of 1 step one of 2"}},
                             {"megatron", megatron, {a_table, no_horizon}},
                             {"nemo", nemo, {a_table, no_horizon}},
                             {"torchtitan", torchtitan, {no_horizon}},
                             {"olmo-core", olmo_core, {a_table, no_horizon}},
                             {"nanotron", nanotron, {a_table, no_horizon}},
                             {"deepspeed", deepspeed, {a_table}},
                             {"nanogpt", nanogpt, {a_table, no_horizon}},
                             {"llm.c", llmc, {no_horizon}},
                             {"optax", optax, {a_table}},
                             {"pytorch", pytorch, {a_table}},
                             {"big_vision", big_vision, {a_table, no_horizon}}};
  ASSERT_EQ(std::size(families), foreign_tools().size());
  for (const Family& family : families) {
    Draw draw(17);
    Tally tally;
    for (int k = 0; k < 400; ++k) {
      go_round(family, family.text(draw), tally);
    }
    EXPECT_GE(tally.written, 150) << family.tool << " of " << tally.read;
    EXPECT_EQ(tally.reasons.size(), family.reasons.size()) << family.tool << " has a reason listed that never occurs";
  }
}

}  // namespace
}  // namespace scheduled
