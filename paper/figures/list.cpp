#include "figures/list.hpp"

namespace scheduled::figures {

const std::vector<Entry>& all() {
  const auto simulation = [](Result (*make)(Criterion), Criterion criterion) {
    return [make, criterion](const Inputs&) { return make(criterion); };
  };
  static const std::vector<Entry> entries = {
      {"horizons", "several horizons: best base LR, convergence, gamma* ~ A T^B", "none",
       simulation(horizons, Criterion::omega)},
      {"cooldown-length", "WSD with cooldowns of 5 to 100 %, at the best and at fixed base LRs", "none",
       simulation(cooldown_length, Criterion::omega)},
      {"gradient-shape", "gradient norms t^alpha for cosine and WSD", "none",
       simulation(gradient_shape, Criterion::omega)},
      {"schedules", "six schedules at their best base LR", "none", simulation(schedule_comparison, Criterion::omega)},
      {"cosine-cycle", "cosine cycles longer than the run", "none", simulation(cosine_cycle, Criterion::omega)},
      {"horizon-extension", "a WSD run goes on to 1.5 ... 4 times its horizon, in four ways; and a 1/sqrt(t) run",
       "none", horizon_extension},
      {"lr-transfer", "from the LR tuned for a cooldown share to that of linear decay, T = 400 ... 102,400", "none",
       lr_transfer_curves},
      {"wsd-detail", "what the bound of WSD consists of, and its theorem term by term", "none", wsd_detail},
      {"lower-bound",
       "the exact worst case along runs of 60 steps, beside the bound and what the paper computed; with the SDP where "
       "csdp is installed",
       "none", lower_bound, "under 1 s; with csdp some seconds"},
      {"schedule-optimization", "gradient descent on the bound, and the optimum in closed form; with an animation",
       "none", schedule_optimization},
      {"convex-example", "f(w) = max |Xw - y| in two dimensions: objective and path", "none", convex_example},
      {"standard-horizons", "the same as horizons with the average-iterate bound", "none",
       simulation(horizons, Criterion::standard)},
      {"standard-cooldown-length", "the same as cooldown-length with the average-iterate bound", "none",
       simulation(cooldown_length, Criterion::standard)},
      {"standard-gradient-shape", "the same as gradient-shape with the average-iterate bound", "none",
       simulation(gradient_shape, Criterion::standard)},
      {"standard-schedules", "the same as schedules with the average-iterate bound", "none",
       simulation(schedule_comparison, Criterion::standard)},
      {"standard-cosine-cycle", "the same as cosine-cycle with the average-iterate bound", "none",
       simulation(cosine_cycle, Criterion::standard)},
      {"loss-210m", "210M models, cosine and WSD at three horizons: losses with the bound beside them",
       "cos-210m_*, ann210-0.2_*, stable-210m_*", loss_210m},
      {"loss-openwebtext2",
       "the same on OpenWebText2, for each size of which there are logs",
       "openwebtext2_*, ann0.2_openwebtext2_*",
       loss_openwebtext2,
       "1 s",
       {"60m", "93m", "166m"}},
      {"real-cooldown-length", "124M models: losses over LR and cooldown, the best LR of each cooldown",
       "ann124-*, stable-124m_*, some in grad_norm/", real_cooldown_length},
      {"real-horizon-transfer",
       "runs of 50k steps made longer: same LR, lower LR, longer cooldown",
       "horizon_transfer/*",
       real_horizon_transfer,
       "1 s",
       {"124m", "210m"}},
      {"real-gradient-norms", "124M models: gradient norms over time and LR", "grad_norm/*", real_gradient_norms},
      {"real-single-model", "124M models at a glance: losses, rates, and the bound fitted at 25k steps, read at 50k",
       "cos-zero-124m_*, ann124-0.2_*, stable-124m_*", real_single_model},
  };
  return entries;
}

}  // namespace scheduled::figures
