// docs/exact.md: the exact worst case beside (6.2), the SDP and Omega, averages beside cooldowns, the worst function.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "plot/figure.hpp"
#include "reports/reports.hpp"
#include "scheduled/along.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::reports {
namespace {

void print_text(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

/// Best for the worst case, D = G = 1.
std::vector<double> tuned(const std::string& name, std::int64_t T) {
  const std::string horizon = std::to_string(T + 1);
  const std::string spec =
      name == "rsqrt" ? "rsqrt(timescale=25%, steps=" + horizon + ")" : name + "(steps=" + horizon + ")";
  std::vector<double> lr = bound_rates(Schedule::parse(spec), T);
  const double scale = worst_case_best_scale(lr, 1.0, 1.0).scale;
  for (double& rate : lr) rate *= scale;
  return lr;
}

void print_schedules() {
  print_text(
      "\n## The paper's schedules, one gradient norm\n\n"
      "At the peak that is best for the worst case. *SDP* is the interval certified from the raw data of the\n"
      "performance-estimation problem, for T = 20.\n\n"
      "| schedule | exact, T = 20 | SDP | Ω | exact, T = 4000 | Ω | exact/minimax "
      "|\n|---|---:|---:|---:|---:|---:|---:|\n");
  for (const std::string name : {"constant", "rsqrt", "wsd", "linear", "cosine", "1-sqrt"}) {
    const std::vector<double> few = tuned(name, 20), many = tuned(name, 4000);
    const PepResult sdp = solve_pep(PepProblem(few));
    const double exact = worst_case(many, 1.0, 1.0).value;
    print_text(fmt::format("| {} | {:.9f} | {:.9f} … {:.9f} | {:.6f} | {:.9f} | {:.7f} | {:.4f} |\n", name,
                           worst_case(few, 1.0, 1.0).value, sdp.lower.bound, sdp.upper.bound, omega(few, 1.0, 1.0),
                           exact, omega(many, 1.0, 1.0), exact / minimax_rate(4000, 1.0, 1.0)));
  }
}

/// Name without the folder, and what stands between the model and its seed.
std::string short_name(const std::filesystem::path& file) {
  std::string name = file.stem().string();
  for (const std::string_view drop : {"_slimpajama_llama_norm", "_data_seed1337"}) {
    if (const std::size_t at = name.find(drop); at != std::string::npos) name.erase(at, drop.size());
  }
  return name;
}

/// A run with the norms that it logged.
struct LoggedRun {
  std::string name;
  std::vector<double> lr;
  std::vector<double> grad_norm;
  double distance = 1.0;
  double noise = 0.0;  ///< standard deviation of ln G from one row of the log to the next, over sqrt(2)
};

double noise_of(const std::vector<double>& norms) {
  double squares = 0.0;
  for (std::size_t i = 1; i < norms.size(); ++i) squares += std::pow(std::log(norms[i] / norms[i - 1]), 2);
  return std::sqrt(squares / (2.0 * static_cast<double>(norms.size() - 1)));
}

std::vector<LoggedRun> logged_runs(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<LoggedRun> runs;
  for (const std::filesystem::path& file : files) {
    const RunLog log = read_log(file.string());
    RunUpdates run;
    try {
      run = run_updates(log);
    } catch (const LogGap&) {
      continue;  // a cooldown branch, whose trunk is another log
    }
    if (run.norm_source != NormSource::logged) continue;
    while (!run.rates.empty() && !(run.rates.back() > 0.0)) run.rates.pop_back();
    runs.push_back({short_name(file), std::move(run.rates), std::move(run.grad_norm), run.distance,
                    noise_of(series(log, "grad_norm").value)});
  }
  if (runs.empty()) throw std::runtime_error("no log with gradient norms in " + folder.string());
  return runs;
}

/// Each step's norm times a number of its own, whose ln is normal with this deviation.
std::vector<double> with_noise(std::vector<double> norms, double deviation) {
  std::mt19937_64 random(1);
  const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  for (double& norm : norms) {  // by hand, as libraries differ in their normal distribution
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    norm *= std::exp(deviation * radius * std::cos(2.0 * std::numbers::pi * uniform()));
  }
  return norms;
}

void print_noise(const std::vector<LoggedRun>& runs) {
  std::vector<double> noise;
  for (const LoggedRun& run : runs) noise.push_back(run.noise);
  std::sort(noise.begin(), noise.end());
  print_text(fmt::format(
      "\nLogs have one row for many steps. From one row to the next ln G varies with a standard deviation of "
      "{:.2f} (median;\n{:.2f} to {:.2f}). With as much and more noise in every step:\n\n"
      "| standard deviation of ln G_t in each step | (6.2) is exact | largest (6.2)/exact | largest gap of "
      "the certificate |\n|---:|---:|---:|---:|\n",
      noise[noise.size() / 2], noise.front(), noise.back()));
  for (const double deviation : {0.0, 0.05, 0.1, 0.2, 0.5, 1.0}) {
    int exact = 0;
    double largest = 1.0, gap = 0.0;
    for (const LoggedRun& run : runs) {
      const std::vector<double> norms = with_noise(run.grad_norm, deviation);
      const WorstCase worst = worst_case(run.lr, norms, run.distance);
      const double ratio = one_parameter_bound(run.lr, norms, run.distance) / worst.value;
      exact += ratio <= 1.0 + 1e-9 ? 1 : 0;
      largest = std::max(largest, ratio);
      gap = std::max(gap, 1.0 - worst.lower / worst.value);
    }
    print_text(fmt::format("| {:g} | {} of {} | {:.6f} | {:.0e} |\n", deviation, exact, runs.size(), largest, gap));
  }
  print_text(
      "\nSo (6.2) is exact for norms as they are logged, also with more noise in each step than between the rows of "
      "most "
      "logs.\nIts test, corollary (ii), fails where single steps have norms far below all later ones; the exact value "
      "is "
      "found there, too.\n");
}

void print_logs(const std::filesystem::path& folder) {
  print_text(
      "\n## Logged gradient norms\n\n"
      "Runs of 2501.18965 with the norms that they logged, one for each step between the rows of the log, and the\n"
      "distance at which their rates are the best ones for Ω. *(6.2)* is the bound with one parameter; where it is "
      "the\n"
      "exact value its test of corollary (ii) holds. *Constant norm* takes the largest one. Branches without\n"
      "their trunk are left out.\n\n"
      "| run | T | exact | proven to | (6.2)/exact | Ω/exact | constant norm/exact "
      "|\n|---|---:|---:|---:|---:|---:|---:|\n");
  const std::vector<LoggedRun> runs = logged_runs(folder);
  for (const LoggedRun& run : runs) {
    const WorstCase worst = worst_case(run.lr, run.grad_norm, run.distance);
    const double most = *std::max_element(run.grad_norm.begin(), run.grad_norm.end());
    print_text(fmt::format("| {} | {} | {:.6g} | {:.0e} | {:.6f} | {:.3f} | {:.3f} |\n", run.name, run.lr.size(),
                           worst.value, std::max(0.0, 1.0 - worst.lower / worst.value),
                           one_parameter_bound(run.lr, run.grad_norm, run.distance) / worst.value,
                           omega(run.lr, run.grad_norm, run.distance) / worst.value,
                           worst_case(run.lr, most, run.distance).value / worst.value));
  }
  print_noise(runs);
}

void print_averages() {
  constexpr std::int64_t T = 3000;
  const double root = std::sqrt(static_cast<double>(T));
  const double peak = 0.5145 / root;  // the best of WSD with a cooldown of 20 %
  const std::vector<double> lr(static_cast<std::size_t>(T), peak);
  print_text(
      "\n## Averages beside cooldowns\n\n"
      "√T·bound/(DG), T = 3000, constant rates .5145 D/(G√T), the best peak of WSD with 20 % cooldown. *Proof* is that "
      "of\n"
      "docs/theory.md, section 8a, which gave the bound; *decay imitated* is the worst case of the run with those "
      "rates.\n\n"
      "| what is judged | bound | proof | decay imitated | at its best peak |\n|---|---:|---|---:|---:|\n");
  const auto cooldown = [&](const char* decay) {
    const Schedule wsd = Schedule::parse(fmt::format("wsd(steps=3001, cooldown=20%, decay={}, peak=1)", decay));
    std::vector<double> rates = bound_rates(wsd, T);
    const double best = worst_case_best_scale(rates, 1.0, 1.0).worst_case.value;
    for (double& rate : rates) rate *= peak;
    return std::pair(root * worst_case(rates, 1.0, 1.0).value, root * best);
  };
  print_text(fmt::format("| last iterate | {:.4f} | exact | | {:.4f} |\n", root * worst_case(lr, 1.0, 1.0).value,
                         root * worst_case_best_scale(lr, 1.0, 1.0).worst_case.value));
  for (const char* decay : {"linear", "1-sqrt"}) {
    const auto [value, best] = cooldown(decay);
    print_text(
        fmt::format("| last iterate after a {} cooldown of 20 % | {:.4f} | exact | | {:.4f} |\n", decay, value, best));
  }
  for (const char* text :
       {"average(last=5%)", "average(last=10%)", "average(last=20%)", "average(last=42%)", "average(last=50%)",
        "average(last=100%)", "average(half_life=5%)", "average(half_life=10%)", "average(last=20%, weights=1-sqrt)",
        "average(last=20%, every=2)", "average(last=20%, every=10)", "average(last=20%, every=60)"}) {
    const AverageBound found = average_bound(lr, weights_of(parse_average(text), lr), 1.0, 1.0);
    print_text(fmt::format("| `{}` | {:.4f} | {} | {:.4f} | {:.4f} |\n", text, root * found.value, name_of(found.rule),
                           root * found.imitated, root * found.best_value));
  }
  const DropAndAverage drop = drop_and_average(T, T / 5, peak, 1.0, 1.0);
  print_text(fmt::format("| drop to {:.3f} of the rate for the last 20 %, average them | {:.4f} | decay | {:.4f} | |\n",
                         drop.phi, root * drop.value, root * drop.value));
  print_text(fmt::format("\nThe best window at this rate is {:.0f} % of the run (8.8).\n",
                         100.0 * static_cast<double>(best_window(T, peak, 1.0, 1.0)) / static_cast<double>(T)));
}

void print_tightness() {
  print_text(
      "\n## Are these bounds tight?\n\n"
      "The SDP with a point x̄ of its own, T = 12, constant rates .7 D/(G√T): what any convex function can make of the\n"
      "average, to the accuracy of the solver.\n\n"
      "| average | SDP | bound | proof | decay imitated |\n|---|---:|---:|---|---:|\n");
  const std::vector<double> lr(12, 0.7 / std::sqrt(12.0));
  for (const char* text :
       {"average(last=4)", "average(last=12)", "average(half_life=3)", "average(last=6, weights=1-sqrt)",
        "average(last=6, every=2)", "average(last=6, every=3)", "average(last=12, every=4)"}) {
    const std::vector<double> weights = weights_of(parse_average(text), lr);
    const AverageBound found = average_bound(lr, weights, 1.0, 1.0);
    print_text(fmt::format("| `{}` | {:.6f} | {:.6f} | {} | {:.6f} |\n", text,
                           solve_pep_average(PepProblem(lr), weights).dual, found.value, name_of(found.rule),
                           found.imitated));
  }
  print_text(
      "\nWhere the proof is *decay* the bound is attained: that is proven (Theorem 3), and the SDP agrees to its "
      "accuracy. "
      "Where\n"
      "it is not, the truth lies between the decay that is imitated and the bound in all cases that were tried; that "
      "an "
      "average\n"
      "is never better than its decay is not proven there.\n\n"
      "Weights on every k-th iterate have a bound for any k, proven: f at the last of k iterates exceeds f at the one "
      "n\n"
      "steps before by at most E_n ηG², where E_n = v_n/2 − n, v_1 = 4, v_{n+1} = v_n + 2 + 1/v_n ((6.4) with D = 0), "
      "and\n"
      "their mean by at most L_k = (E_0 + … + E_{k−1})/k; for k = 3 by 11/16 ηG², which is exact (8.10):\n\n"
      "| k | 2 | 3 | 4 | 5 | 10 | 30 | 100 | 1000 |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n| L_k ≤ |");
  double v = 4.0, sum = 0.0;
  for (int n = 1; n < 1000; ++n) {
    sum += v / 2 - n;
    v += 2 + 1 / v;
    const int k = n + 1;
    for (const int shown : {2, 3, 4, 5, 10, 30, 100, 1000}) {
      if (k == shown) print_text(fmt::format(" {:.4f} |", k == 3 ? 11.0 / 16 : sum / k));
    }
  }
  print_text("\n");
}

/// The picture, where `file` is named, and its numbers.
std::string worst_function_picture(const std::filesystem::path& file) {
  // eta_1 = 4 eta_2: a_1 = 1, so that all of it happens in a plane.
  std::vector<double> lr{4.0, 1.0, 1.0};
  const double scale = worst_case_best_scale(lr, 1.0, 1.0).scale;
  for (double& rate : lr) rate *= scale;
  const WorstCaseFunction f = worst_case_function(lr, 1.0, 1.0);
  if (f.dimension() != 2) throw std::logic_error("the worst function of three steps is not in a plane");
  plot::Panel panel{{.label = "along x_1 - x*", .range = plot::Range{-0.4, 1.6}},
                    {.label = "across", .range = plot::Range{-1.035, 1.035}},
                    {}};
  // The ranges make a unit as long across as along, so that steps are perpendicular to level lines.
  // f = c on <g_1, x> = c below the kink and on <g_2, x> = c above it; g_2 is g_1 with the other sign across.
  for (int i = 0; i <= 6; ++i) {
    const double c = 0.15 * i;
    const double corner = c / f.slope;
    const double along = 2.0 * f.b[0] / f.slope;
    panel.lines.push_back({i == 0 ? "f = 0, 0.15, …, 0.9" : "",
                           {corner - 2.0 * along, corner, corner - 2.0 * along},
                           {4.0, 0.0, -4.0},
                           0,
                           plot::Line::Kind::line,
                           0.15 + 0.1 * i});
  }
  plot::Line run{"x_1, x_2, x_3", {}, {}, 1, plot::Line::Kind::joined, {}};
  std::string text;
  for (std::int64_t t = 1; t <= 3; ++t) {
    const std::vector<double> x = f.iterate(t);
    run.x.push_back(x[0]);
    run.y.push_back(x[1]);
    text += fmt::format("| x_{} | {:.6f} | {:.6f} | {:.6f} |\n", t, x[0], x[1], f(x));
  }
  panel.lines.push_back(std::move(run));
  panel.lines.push_back({"the minimiser", {0.0}, {0.0}, 2, plot::Line::Kind::points, {}});
  if (!file.empty()) plot::write_figure({{std::move(panel)}, plot::Arrangement::stacked, 4.2, 4.0}, file);
  return fmt::format(
      "The best rates with η_1 = 4η_2, {:.6g} and {:.6g}: a_1 = 1, so that g_2 is g_1 mirrored at the line from x_1 to "
      "x⋆, and\n"
      "f(x) = max(0, ⟨g_1, x⟩, ⟨g_2, x⟩) in the plane. The run goes across, comes back, and f(x_3) = V = {:.9f}.\n\n"
      "| | along x_1 − x⋆ | across | f |\n|---|---:|---:|---:|\n{}",
      lr[0], lr[1], f.value, text);
}

}  // namespace

void exact(const std::filesystem::path& logs, const std::filesystem::path& picture) {
  if (!pep_solver_available()) throw std::runtime_error("csdp is not on PATH (Debian: coinor-csdp)");
  print_text(
      "# Exact worst cases and averages\n\n"
      "Written by `scheduled-paper exact LOGS PICTURE.png > docs/exact.md`, LOGS being the folder grad_norm of the "
      "paper's logs. "
      "The\n"
      "theorems and their proofs are in [theory](theory.md), sections 6 and 8a. D = G = 1 where nothing else is "
      "said.\n");
  print_schedules();
  print_logs(logs);
  print_averages();
  print_tightness();
  print_text("\n## The worst function of three steps\n\n" + worst_function_picture(picture));
  if (!picture.empty())
    print_text("\n![Level lines of the function and the run on it](images/worst-case-function.png)\n");
}

}  // namespace scheduled::reports
