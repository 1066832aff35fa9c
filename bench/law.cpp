// One evaluation of a law with its Jacobian, and complete fits.
#include <benchmark/benchmark.h>

#include <cmath>

#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"
#include "support/law_cases.hpp"
#include "support/law_direct.hpp"

namespace {

using scheduled::Law;
using scheduled::LawCurve;
using scheduled::LawKind;

/// Six runs of 15k to 50k steps with losses every 200 steps: 1,065 points.
struct Six {
  std::vector<LawCurve> curves;
  std::size_t points = 0;
  Law law;
  explicit Six(LawKind kind) {
    const auto reference = law_cases::rates("constant(steps=50000, warmup=300, peak=1e-3)");
    law = law_cases::typical(kind, reference, 1e-3);
    for (const char* spec : {"cosine(steps=50000, warmup=300, peak=1e-3, final=1e-4)",
                             "wsd(steps=50000, warmup=300, cooldown=20%, peak=1e-3)",
                             "cosine(steps=36000, warmup=300, peak=1e-3, final=1e-4)",
                             "wsd(steps=36000, warmup=300, cooldown=20%, peak=1e-3)",
                             "cosine(steps=21000, warmup=300, peak=1e-3, final=1e-4)",
                             "wsd(steps=21000, warmup=300, cooldown=20%, peak=1e-3)"}) {
      const auto lr = law_cases::rates(spec);
      const auto last = static_cast<std::int64_t>(lr.size());
      const auto step = law_cases::every(400, last, 200);
      const auto fast = scheduled::law_curve(law, lr, step);
      const std::int64_t one[] = {step[step.size() / 2]};
      right = right && std::fabs(law_direct::law_curve_direct(law, lr, one)[0] - fast[step.size() / 2]) <
                           law_cases::tolerance(kind);
      curves.emplace_back(kind, lr, step, law.reference_rate, law.reference_sum);
      points += step.size();
    }
  }
  bool right = true;
};

void BM_law_value_and_jacobian(benchmark::State& state) {
  const Six six(static_cast<LawKind>(state.range(0)));
  if (!six.right) state.SkipWithError("wrong value");
  const std::size_t P = six.law.parameters.size();
  std::vector<double> loss;
  std::vector<double> jacobian;
  for (auto _ : state) {
    for (const LawCurve& curve : six.curves) {
      loss.resize(curve.size());
      jacobian.resize(curve.size() * P);
      curve.evaluate(six.law.parameters, loss, jacobian);
      benchmark::DoNotOptimize(jacobian.data());
    }
  }
  state.counters["points"] = static_cast<double>(six.points);
  state.SetLabel(std::string(scheduled::law_name(six.law.kind)));
}

/// Three runs like those of the multi-power law's split, losses by the law with parameters away from the centre.
void BM_law_fit(benchmark::State& state) {
  const auto kind = static_cast<LawKind>(state.range(0));
  std::vector<scheduled::FitRun> runs;
  const auto reference = law_cases::rates("constant(steps=24000, warmup=2160, peak=3e-4)");
  Law law = law_cases::typical(kind, reference, 3e-4);
  for (const char* spec :
       {"cosine(steps=24000, warmup=2160, peak=3e-4, final=3e-5)", "constant(steps=24000, warmup=2160, peak=3e-4)",
        "piecewise(steps=16000, warmup=2160, milestones=[8000], factors=[0.3], peak=3e-4)"}) {
    scheduled::FitRun run{spec, law_cases::rates(spec), {}, {}};
    run.step = law_cases::every(2176, static_cast<std::int64_t>(run.lr.size()), 128);
    run.loss = scheduled::law_curve(law, run.lr, run.step);
    runs.push_back(run);
  }
  scheduled::FitOptions options;
  options.threads = 2;
  for (const auto& residuals : scheduled::fit_law(kind, runs, options).residuals) {
    if (residuals.largest > 5e-3) state.SkipWithError("wrong fit");
  }
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::fit_law(kind, runs, options));
  state.SetLabel(std::string(scheduled::law_name(kind)));
}

/// The schedule of the smallest loss; right when no named one is better at its best peak.
void BM_law_optimize(benchmark::State& state) {
  const std::int64_t T = state.range(1);
  const scheduled::Schedule linear = scheduled::Schedule::parse("linear(warmup=300)", scheduled::steps(T));
  const Law law = law_cases::typical(static_cast<LawKind>(state.range(0)), linear.values(), 1.0);
  const scheduled::LawOptimizeOptions options{.warmup = 300};
  const scheduled::LawOptimum best = scheduled::optimize_law(law, T, options);
  if (!best.converged || best.loss > scheduled::best_law_peak(law, linear, 1.0).loss) {
    state.SkipWithError("not the optimum");
  }
  for (auto _ : state) benchmark::DoNotOptimize(scheduled::optimize_law(law, T, options));
  state.counters["evaluations"] = best.evaluations;
  state.SetLabel(std::string(scheduled::law_name(law.kind)));
}

BENCHMARK(BM_law_optimize)
    ->ArgsProduct({{static_cast<int>(LawKind::omega), static_cast<int>(LawKind::momentum),
                    static_cast<int>(LawKind::multi_power), static_cast<int>(LawKind::angular)},
                   {5000, 50000}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_law_value_and_jacobian)->DenseRange(0, 6)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_law_fit)->DenseRange(2, 4)->Arg(6)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
