// docs/laws.md: how often intervals hold, by what is asked, and what limits the errors.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <thread>

#include "reports/laws_parts.hpp"
#include "support/law_data.hpp"

namespace scheduled::reports {
namespace {

constexpr LawKind recipes[] = {default_law, LawKind::angular};

/// One fit and the runs whose last losses it is asked for.
struct Question {
  std::string kind;
  std::vector<FitRun> fitted;
  std::vector<FitRun> asked;
};

/// Losses from 5 % of the longest run on, of a run that ends before from 5 % of its own, as the command has them.
std::vector<FitRun> described(std::vector<FitRun> runs) {
  std::int64_t longest = 1;
  for (const FitRun& run : runs) longest = std::max(longest, run.step.back());
  for (FitRun& run : runs) {
    const auto share = [](std::int64_t steps) { return std::llround(undescribed_share * static_cast<double>(steps)); };
    const std::int64_t first = run.step.back() > share(longest) ? share(longest) : share(run.step.back());
    const auto begin = std::lower_bound(run.step.begin(), run.step.end(), first);
    run.loss.erase(run.loss.begin(), run.loss.begin() + (begin - run.step.begin()));
    run.step.erase(run.step.begin(), begin);
  }
  return runs;
}

double peak_of(const FitRun& run) { return *std::max_element(run.lr.begin(), run.lr.end()); }
bool is_sqrt(const FitRun& run) { return run.name.find("1-sqrt") != std::string::npos; }

FitRun up_to(FitRun run, std::int64_t end) {
  const auto last = std::upper_bound(run.step.begin(), run.step.end(), end) - run.step.begin();
  run.step.resize(static_cast<std::size_t>(last));
  run.loss.resize(static_cast<std::size_t>(last));
  run.lr.resize(std::min(run.lr.size(), static_cast<std::size_t>(end)));
  return run;
}

/// Whole cosine runs of the family's model.
std::vector<FitRun> cosines_of(const std::filesystem::path& data, const law_data::Family& family) {
  const bool is_124 = family.name.starts_with("124M");
  const bool is_210 = family.name.starts_with("210M");
  const std::string begin = is_124 || is_210 ? "cos-" : "openwebtext2_";
  const std::string model = is_124 ? "124m_" : is_210 ? "210m_" : family.name.substr(family.name.find("nlayers")) + "_";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(data / "paper-logs")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<FitRun> found;
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    if (name.find("_sched_cos_") == std::string::npos || name.find(model) == std::string::npos) continue;
    if (!name.starts_with(begin)) continue;
    found.push_back(fit_run(read_log(file), {.first_step = 1000}));
  }
  return found;
}

void ask_family(const std::filesystem::path& data, const law_data::Family& family, std::vector<Question>& questions) {
  const law_data::Logs logs = law_data::read_family(data, family);
  const auto& branches = logs.branches;
  std::vector<FitRun> linear{logs.trunk};
  std::vector<FitRun> roots;
  for (const FitRun& branch : branches) (is_sqrt(branch) ? roots : linear).push_back(branch);
  for (std::size_t i = 0; i < branches.size(); ++i) {
    std::vector<FitRun> others = branches;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    std::vector<FitRun> with_trunk{logs.trunk};
    with_trunk.insert(with_trunk.end(), others.begin(), others.end());
    questions.push_back({"all branches but the asked one", std::move(with_trunk), {branches[i]}});
    questions.push_back({"one branch", {logs.trunk, branches[i]}, std::move(others)});
  }
  questions.push_back({"trunk alone", {logs.trunk}, branches});
  for (const std::int64_t end : {7500, 10000, 15000, 22222, 25000}) {
    Question longer{"longer branches from shorter runs", {up_to(logs.trunk, end)}, {}};
    for (const FitRun& branch : branches) {
      if (branch.step.back() <= end && branch.name.starts_with("0.2 of")) longer.fitted.push_back(branch);
      if (static_cast<double>(branch.step.back()) > 1.3 * static_cast<double>(end) && !is_sqrt(branch)) {
        longer.asked.push_back(branch);
      }
    }
    if (longer.fitted.size() > 1 && !longer.asked.empty()) questions.push_back(std::move(longer));
  }
  if (!roots.empty()) questions.push_back({"another shape: 1-sqrt cooldowns", linear, roots});
  Question fifth{"another shape: whole cosine runs from cooldowns of a fifth", {logs.trunk}, {}};
  for (const FitRun& run : linear) {
    if (run.name.starts_with("0.2 of")) fifth.fitted.push_back(run);
  }
  Question whole{"another shape: whole cosine runs", linear, {}};
  Question other{"another peak: whole cosine runs", linear, {}};
  for (FitRun& run : cosines_of(data, family)) {
    const double ratio = peak_of(run) / peak_of(logs.trunk);
    if (std::fabs(ratio - 1.0) < 0.01) {
      fifth.asked.push_back(run);
      whole.asked.push_back(std::move(run));
    } else if (ratio < 2.1 && ratio > 0.45) {
      other.asked.push_back(std::move(run));
    }
  }
  for (Question* question : {&fifth, &whole, &other}) {
    if (!question->asked.empty()) questions.push_back(std::move(*question));
  }
}

/// From a run of 50k steps to longer ones that left it at 40k.
struct Horizon {
  std::string model;
  std::vector<FitRun> one, all;
};

std::vector<Horizon> horizons(const std::filesystem::path& data) {
  std::vector<Horizon> found;
  for (const auto& [model, layers] : {std::pair{"124M", "nlayers12"}, std::pair{"210M", "nlayers24"}}) {
    std::map<std::string, RunLog> logs;
    for (const auto& entry : std::filesystem::directory_iterator(data / "paper-logs" / "horizon_transfer")) {
      const std::string name = entry.path().filename().string();
      if (name.find(layers) != std::string::npos) logs[name] = read_log(entry.path());
    }
    const auto which = [&](std::string_view begin, std::string_view having) -> const RunLog& {
      for (const auto& [name, log] : logs) {
        if (name.starts_with(begin) && name.find(having) != std::string::npos) return log;
      }
      throw std::runtime_error(std::string(having));
    };
    const RunLog& base = which("slimpajama", "");
    const RunLog whole = merge_branch(base, which("extend", "sched_wsd_warmup300_decay_linear_0.2_iter100000"));
    const FitRunOptions options{.first_step = 2500};
    Horizon horizon{model, {fit_run(base, options)}, {}};
    for (const auto& [name, log] : logs) {
      if (&log != &base) horizon.all.push_back(fit_branch(log.step.front() > 50'000 ? whole : base, log, options));
    }
    found.push_back(std::move(horizon));
  }
  return found;
}

std::vector<Question> all_questions(const std::filesystem::path& data) {
  std::vector<Question> questions;
  for (const law_data::Family& family : law_data::families()) ask_family(data, family, questions);
  for (const Horizon& horizon : horizons(data)) {
    questions.push_back({horizon.model + ": 100k and 200k steps from one run of 50k", horizon.one, horizon.all});
  }
  const auto own = own_runs(data);
  std::vector<FitRun> linear;
  for (const char* name : {"constant-0.002-seed1", "constant-0.002-seed1-3000-linear",
                           "constant-0.002-seed1-1500-linear", "constant-0.002-seed1-750-linear"}) {
    linear.push_back(own.at(name));
  }
  questions.push_back({"14M: 1-sqrt cooldowns",
                       linear,
                       {own.at("constant-0.002-seed1-3000-1-sqrt"), own.at("constant-0.002-seed1-1500-1-sqrt"),
                        own.at("constant-0.002-seed1-750-1-sqrt")}});
  questions.push_back({"14M: a whole cosine run", linear, {own.at("cosine-0.002-seed1-3000")}});
  const std::vector<FitRun> twice{own.at("cosine-0.004-seed1-3000"), own.at("linear-0.004-seed1-3000")};
  questions.push_back({"14M: whole runs at twice the peak", linear, twice});
  linear.push_back(own.at("cosine-0.004-seed1-1500"));
  questions.push_back({"14M: the same, a short run there fitted", linear, twice});
  return questions;
}

struct Sums {
  int count = 0;
  int inside = 0;
  double absolute = 0.0, sum = 0.0, largest = 0.0, width = 0.0;
  void add(const Predicted& predicted, double real) {
    const double error = predicted.loss - real;
    ++count;
    inside += real >= predicted.lower && real <= predicted.upper ? 1 : 0;
    absolute += std::fabs(error);
    sum += error;
    largest = std::max(largest, std::fabs(error));
    width += 0.5 * (predicted.upper - predicted.lower);
  }
  void add(const Sums& other) {
    count += other.count;
    inside += other.inside;
    absolute += other.absolute;
    sum += other.sum;
    largest = std::max(largest, other.largest);
    width += other.width;
  }
};

Sums answer(const Question& question, LawKind kind) {
  FitOptions options{.candidates = 16, .starts = 2};
  if (question.fitted.size() > 5) options.candidates = 4, options.starts = 1;
  const FittedLaw fitted = fit_law(kind, described(question.fitted), options).fitted;
  Sums sums;
  for (const FitRun& run : question.asked) {
    const std::int64_t end[] = {run.step.back()};
    sums.add(predict_losses(fitted, run.lr, end)[0], run.loss.back());
  }
  return sums;
}

/// By kind, in the order in which the questions have them.
void table(const std::vector<Question>& questions, LawKind kind) {
  std::vector<std::string> kinds;
  for (const Question& question : questions) {
    // The angular law's fits of branches would take most of the time.
    const bool slow = kind == LawKind::angular && question.kind.find("branch") != std::string::npos;
    if (!slow && std::find(kinds.begin(), kinds.end(), question.kind) == kinds.end()) {
      kinds.push_back(question.kind);
    }
  }
  std::vector<Sums> sums(questions.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < questions.size(); i = next++) {
      if (std::find(kinds.begin(), kinds.end(), questions[i].kind) != kinds.end()) {
        sums[i] = answer(questions[i], kind);
      }
    }
  };
  {
    const std::jthread helper(work);
    work();
  }
  for (const std::string& asked : kinds) {
    Sums all;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (questions[i].kind == asked) all.add(sums[i]);
    }
    const auto n = static_cast<double>(all.count);
    std::printf("| %s | %s | %d | %.4f | %+.4f | %.4f | %.1f | %.4f |\n", std::string(law_name(kind)).c_str(),
                asked.c_str(), all.count, all.absolute / n, all.sum / n, all.largest, 100.0 * all.inside / n,
                all.width / n);
  }
  std::fflush(stdout);
}

}  // namespace

void coverage(const std::filesystem::path& data) {
  std::printf(
      "## Intervals by what is asked\n\n"
      "Last losses of runs that were not fitted, by what they have that no fitted run has: errors, predicted less "
      "real, "
      "how\n"
      "many of the 90 %% intervals hold the result, and half of their widths. Losses from 5 %% of the longest run on "
      "(14M:\n"
      "from a fifth). Without another word: the seven trunks above and their linear cooldowns.\n\n"
      "| fit | asked | predictions | mean absolute error | mean error | largest | coverage %% | half width |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n");
  const std::vector<Question> questions = all_questions(data);
  for (const LawKind kind : recipes) table(questions, kind);
  std::printf("\n");
}

void limits(const std::filesystem::path& data) {
  std::printf(
      "## What limits these\n\n"
      "Horizons: the noise law fitted to the run of 50k steps alone, and in hindsight to all runs up to "
      "200k.\n"
      "The exponent alpha and the loss L0 of endless training with their 90 %% intervals, the mean absolute error of "
      "the\n"
      "last losses of the five longer runs, and the scatter (standard deviation) of single losses around the fit.\n\n"
      "| model | fitted to | alpha | L0 | mean absolute error | largest | scatter "
      "|\n|---|---|---|---|---:|---:|---:|\n");
  for (const Horizon& horizon : horizons(data)) {
    std::vector<FitRun> all = horizon.one;
    all.insert(all.end(), horizon.all.begin(), horizon.all.end());
    for (const auto& [name, runs] : {std::pair{"one run of 50k", horizon.one}, std::pair{"all, in hindsight", all}}) {
      const LawFit fit = fit_law(default_law, runs, {.threads = 2});
      Sums sums;
      for (const FitRun& run : horizon.all) {
        const std::int64_t end[] = {run.step.back()};
        sums.add(predict_losses(fit.fitted, run.lr, end)[0], run.loss.back());
      }
      const auto shown = [&](const char* parameter, const char* format) {
        char text[96] = "";
        for (const Estimate& e : fit.estimates) {
          if (e.name == parameter) std::snprintf(text, sizeof text, format, e.value, e.lower, e.upper);
        }
        return std::string(text);
      };
      std::printf("| %s | %s | %s | %s | %.4f | %.4f | %.4f |\n", horizon.model.c_str(), name,
                  shown("alpha", "%.2f (%.2f to %.2f)").c_str(), shown("L0", "%.3f (%.3f to %.3f)").c_str(),
                  sums.absolute / sums.count, sums.largest, fit.fitted.noise * horizon.all[0].loss.back());
    }
  }
  std::printf("\n");
}

}  // namespace scheduled::reports
