// docs/laws.md: schedules that no fitted run is like - other shapes, other peaks, longer horizons.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "base/json.hpp"
#include "reports/laws_parts.hpp"
#include "support/law_data.hpp"

namespace scheduled::reports {
namespace {

constexpr const char* head =
    "| asked | fitted to | predictions | mean absolute error | mean error | largest | coverage % | half width |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|\n";

/// Errors of last losses, predicted less real.
class Row {
 public:
  void add(const FittedLaw& fitted, const FitRun& run) {
    const std::int64_t end[] = {run.step.back()};
    const Predicted predicted = scheduled::predict_losses(fitted, run.lr, end)[0];
    const double error = predicted.loss - run.loss.back();
    ++count_;
    inside_ += run.loss.back() >= predicted.lower && run.loss.back() <= predicted.upper ? 1 : 0;
    absolute_ += std::fabs(error);
    sum_ += error;
    largest_ = std::max(largest_, std::fabs(error));
    width_ += 0.5 * (predicted.upper - predicted.lower);
  }
  void print(const std::string& asked, const std::string& from) const {
    std::printf("| %s | %s | %d | %.4f | %+.4f | %.4f | %.0f | %.4f |\n", asked.c_str(), from.c_str(), count_,
                absolute_ / count_, sum_ / count_, largest_, 100.0 * inside_ / count_, width_ / count_);
    std::fflush(stdout);
  }

 private:
  int count_ = 0;
  int inside_ = 0;
  double absolute_ = 0.0;
  double sum_ = 0.0;
  double largest_ = 0.0;
  double width_ = 0.0;
};

void own(const std::filesystem::path& data, LawKind kind) {
  const auto runs = own_runs(data);
  const auto named = [&](std::initializer_list<const char*> names) {
    std::vector<FitRun> found;
    for (const char* name : names) found.push_back(runs.at(name));
    return found;
  };
  const char* trunk = "constant-0.002-seed1";
  const std::vector<FitRun> linear = named({trunk, "constant-0.002-seed1-3000-linear",
                                            "constant-0.002-seed1-1500-linear", "constant-0.002-seed1-750-linear"});
  const LawFit fit = scheduled::fit_law(kind, linear, {.threads = 2});
  const auto ask = [&](const LawFit& from, const char* asked, const char* fitted,
                       std::initializer_list<const char*> names) {
    Row row;
    for (const FitRun& run : named(names)) row.add(from.fitted, run);
    row.print(std::string("14M, ") + asked, fitted);
  };
  ask(fit, "1-sqrt cooldowns", "trunk, linear cooldowns",
      {"constant-0.002-seed1-3000-1-sqrt", "constant-0.002-seed1-1500-1-sqrt", "constant-0.002-seed1-750-1-sqrt"});
  ask(fit, "whole run at the same peak", "trunk, linear cooldowns", {"cosine-0.002-seed1-3000"});
  const auto others = {"cosine-0.004-seed1-3000", "linear-0.004-seed1-3000"};
  ask(fit, "whole runs at twice the peak", "trunk, linear cooldowns", others);
  std::vector<FitRun> more = linear;
  more.push_back(runs.at("cosine-0.004-seed1-1500"));
  ask(scheduled::fit_law(kind, more, {.threads = 2}), "whole runs at twice the peak", "the same and a short one there",
      others);
}

struct Horizon {
  const char* name;
  const char* size;
};

/// From a run of 50k steps to longer ones that left it at 40k.
void horizons(const std::filesystem::path& data, LawKind kind) {
  for (const Horizon& model : {Horizon{"124M", "nlayers12"}, Horizon{"210M", "nlayers24"}}) {
    std::map<std::string, RunLog> logs;
    for (const auto& entry : std::filesystem::directory_iterator(data / "paper-logs" / "horizon_transfer")) {
      const std::string name = entry.path().filename().string();
      if (name.find(model.size) != std::string::npos) logs[name] = read_log(entry.path());
    }
    const auto which = [&](std::string_view begin, std::string_view having) -> RunLog& {
      for (auto& [name, log] : logs) {
        if (name.starts_with(begin) && name.find(having) != std::string::npos) return log;
      }
      throw std::runtime_error(std::string(having));
    };
    const RunLog& base = which("slimpajama", "");
    const RunLog& longer = which("extend", "sched_wsd_warmup300_decay_linear_0.2_iter100000");
    const RunLog whole = merge_branch(base, longer);
    constexpr std::int64_t fifth = 10'000;
    FitRunOptions options{.first_step = fifth};
    const std::vector<FitRun> one{fit_run(base, options)};
    options.first_step = 2 * fifth;
    std::vector<FitRun> two{fit_run(base, options), fit_branch(base, longer, options)};
    const LawFit from_one = scheduled::fit_law(kind, one, {.threads = 2});
    const LawFit from_two = scheduled::fit_law(kind, two, {.threads = 2});
    Row first, second;
    for (const auto& [name, log] : logs) {
      if (&log == &base) continue;
      const FitRun run = fit_branch(log.step.front() > 50'000 ? whole : base, log, options);
      first.add(from_one.fitted, run);
      if (&log != &longer) second.add(from_two.fitted, run);
    }
    first.print(std::string(model.name) + ", 100k and 200k steps", "one run of 50k");
    second.print(std::string(model.name) + ", 100k and 200k steps", "runs of 50k and 100k");
  }
}

}  // namespace

std::map<std::string, FitRun> own_runs(const std::filesystem::path& data) {
  std::ostringstream text;
  text << std::ifstream(data / "h200" / "runs.json").rdbuf();
  constexpr std::int64_t longest = 3000;
  std::map<std::string, FitRun> runs;
  const Json all = Json::parse(text.str());
  for (const Json& one : all.items()) {
    const Json* const losses = one.find("val");
    if (losses == nullptr || losses->items().empty()) continue;
    FitRun run{one.find("name")->text(), {}, {}, {}};
    const auto last = static_cast<std::int64_t>(losses->items().back().items()[0].number());
    const auto first = std::max(std::llround(0.2 * static_cast<double>(last > longest / 5 ? longest : last)),
                                static_cast<long long>(one.find("first")->number()) + 1);
    run.lr = Schedule::parse(one.find("meta")->find("schedule")->text()).values(last);
    for (const Json& row : losses->items()) {
      const auto step = static_cast<std::int64_t>(row.items()[0].number());
      if (step < first) continue;
      run.step.push_back(step);
      run.loss.push_back(row.items()[1].number());
    }
    runs[run.name] = std::move(run);
  }
  return runs;
}

void unseen(const std::filesystem::path& data, LawKind kind) {
  std::printf(
      "## Schedules that no fitted run is like: %s\n\n"
      "Errors of the last loss, predicted less real, and half of the 90 %% intervals. 14M: our own runs (nats per "
      "byte;\n"
      "two runs of one configuration differ by .001). 124M and 210M: runs of 50k steps that were extended.\n\n%s",
      std::string(scheduled::law_name(kind)).c_str(), head);
  own(data, kind);
  horizons(data, kind);
  std::printf("\n");
}

}  // namespace scheduled::reports
