// docs/published.md: the published schedules by their bound, and the picture published.png.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "plot/figure.hpp"
#include "reports/reports.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/presets.hpp"

namespace scheduled::reports {
namespace {

constexpr std::int64_t T = 20'000;

struct Row {
  std::string name;
  Schedule schedule;                  ///< of T steps, at its best peak
  std::optional<std::int64_t> steps;  ///< of the run
  double omega = 0.0, worst_case = 0.0;
  double omega_peak = 0.0, worst_case_peak = 0.0;
};

Row row_of(std::string name, const Schedule& shape, std::optional<std::int64_t> own_steps) {
  const BestBaseLr best = best_base_lr(shape);
  const ScheduleWorstCase worst = schedule_worst_case(shape);
  return {std::move(name), shape.with_peak(best.peak), own_steps, best.bound, worst.best->worst_case.value, best.peak,
          worst.best->peak};
}

std::vector<Row> rows_of_presets() {
  std::vector<Row> rows;
  for (const Preset& published : presets()) {
    std::optional<std::int64_t> own;
    if (!published.needs_steps) own = preset(published.name).steps();
    rows.push_back(row_of(fmt::format("`preset:{}`", published.name), preset(published.name, steps(T)), own));
  }
  for (const char* spec : {"linear", "cosine", "cosine(final=10%)", "constant"}) {
    rows.push_back(row_of(fmt::format("`{}`", spec), Schedule::parse(spec, steps(T)), std::nullopt));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.omega < b.omega; });
  return rows;
}

void print_table(const std::vector<Row>& rows) {
  const double optimum = optimal_schedule(T).bound;
  const double minimax = 1.0 / std::sqrt(static_cast<double>(T));
  fmt::print(
      "| schedule | steps of the run | Ω / optimal Ω | best peak | worst case / best there is | best peak by that "
      "|\n|---|---:|---:|---:|---:|---:|\n");
  for (const Row& row : rows) {
    fmt::print("| {} | {} | {:.3f} | {:.5f} | {:.3f} | {:.5f} |\n", row.name,
               row.steps ? std::to_string(*row.steps) : "", row.omega / optimum, row.omega_peak,
               row.worst_case / minimax, row.worst_case_peak);
  }
}

/// How much of the bound the ramp saves, by the share of noise.
void print_ramps() {
  fmt::print(
      "\n## Batches that grow\n\nA larger batch has less noise in its gradient: "
      "G² = G₁² (1 − s + s B₁/B), where the share s of noise in the first batch's G₁² is yours to say\n"
      "(`--noise-share`, `batch_grad_norm`). Ω at the best peak for that s, over Ω for constant norms:\n\n"
      "| schedule | s = 0.5 | s = 0.9 | s = 1 | best peak at s = 0.9 over that at s = 0 "
      "|\n|---|---:|---:|---:|---:|\n");
  for (const Preset& published : presets()) {
    const Schedule shape = preset(published.name, steps(T));
    if (shape.spec().step_size.ramp.empty()) continue;
    const BestBaseLr constant = best_base_lr(shape);
    const auto best = [&](double share) {
      const std::vector<double> norms = batch_grad_norm(shape, share);
      return best_base_lr(shape, {norms});
    };
    fmt::print("| `preset:{}` | {:.3f} | {:.3f} | {:.3f} | {:.2f} |\n", published.name,
               best(0.5).bound / constant.bound, best(0.9).bound / constant.bound, best(1.0).bound / constant.bound,
               best(0.9).peak / constant.peak);
  }
  fmt::print(
      "\nThe steps are those of the run, of which those with a small batch are cheaper; the table does not count "
      "that.\n");
}

void draw(const std::vector<Row>& rows, const std::filesystem::path& folder) {
  constexpr std::size_t per_panel = 7;
  const double optimum = optimal_schedule(T).bound;
  plot::Figure figure{{}, plot::Arrangement::stacked, 5.6, 6.6};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (k % per_panel == 0) {
      const std::size_t last = std::min(k + per_panel, rows.size()) - 1;
      figure.panels.push_back({{.label = "share of the run, %"}, {.label = "rate / peak"}, {}});
      figure.panels.back().title =
          fmt::format("Ω {:.3f} to {:.3f} times the smallest", rows[k].omega / optimum, rows[last].omega / optimum);
    }
    const Schedule& schedule = rows[k].schedule;
    std::string name = rows[k].name.substr(1, rows[k].name.size() - 2);
    if (name.starts_with("preset:")) name.erase(0, 7);
    // The styles are the same in each panel; the number says which of them a line is in.
    plot::Line line{fmt::format("{} {:.3f}", name, rows[k].omega / optimum), {}, {}, k % per_panel};
    for (std::int64_t i = 0; i < T; i += 40) {
      line.x.push_back(100.0 * static_cast<double>(i) / static_cast<double>(T));
      line.y.push_back(schedule.lr(i) / schedule.peak());
    }
    figure.panels.back().lines.push_back(std::move(line));
  }
  write_figure(figure, folder / "published.png");
}

}  // namespace

void published(const std::filesystem::path& pictures) {
  fmt::print(
      "# Published schedules by their bound\n\n"
      "Written by `scheduled-paper published docs/images > docs/published.md` from the schedules of "
      "`scheduled show --list`\n([where their numbers are from](guide/schedules.md)), scaled to {} steps, D = G = 1. "
      "Each at its own best peak: Ω over the\nsmallest that any schedule has, and the exact worst case of the last "
      "iterate over D G/√T, the smallest of any method.\n\n"
      "**What this is not.** A ranking of the runs. It takes the norm of the gradients to be the same all along, the "
      "loss to\nbe convex, and lets each shape have the peak that suits it, whatever peak the run had. Norms that grow "
      "or fall move the\nnumbers, and a batch that grows does ([norms](guide/grad-norms.md)). A run that ends above 0 "
      "may be meant to go on: its\nratio is what that costs where it ends.\n\n"
      "![The shapes, with the bound of each](images/published.png)\n\n",
      T);
  const std::vector<Row> rows = rows_of_presets();
  print_table(rows);
  fmt::print(
      "\n`preset:olmo3-7b` is as scripted: its midtraining begins at 2.07e-4, five times the rate at which the cosine "
      "before it\nends. The steps of the run do not matter for the ratios but for roundings and lengths of a few "
      "steps; a shape "
      "that\nwas published without steps has none.\n");
  print_ramps();
  if (!pictures.empty()) draw(rows, pictures);
}

}  // namespace scheduled::reports
