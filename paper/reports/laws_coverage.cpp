// docs/laws.md: how often intervals hold, by what is asked, and what limits the errors.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <thread>

#include "reports/laws_parts.hpp"
#include "reports/laws_questions.hpp"
#include "support/law_data.hpp"

namespace scheduled::reports {
namespace {

constexpr LawKind recipes[] = {default_law, LawKind::angular};

constexpr double ninety = 1.6448536269514722;  // half of a 90 % interval, in standard deviations

struct Sums {
  int count = 0;
  int inside = 0;
  double absolute = 0.0, sum = 0.0, squares = 0.0, standardised = 0.0, largest = 0.0, width = 0.0;
  void add(const Predicted& predicted, double real) {
    const double error = predicted.loss - real;
    ++count;
    inside += real >= predicted.lower && real <= predicted.upper ? 1 : 0;
    absolute += std::fabs(error);
    sum += error;
    squares += error * error;
    const double half = 0.5 * (predicted.upper - predicted.lower) / ninety;
    standardised += error * error / (half * half);
    largest = std::max(largest, std::fabs(error));
    width += 0.5 * (predicted.upper - predicted.lower);
  }
  void add(const Sums& other) {
    count += other.count;
    inside += other.inside;
    absolute += other.absolute;
    sum += other.sum;
    squares += other.squares;
    standardised += other.standardised;
    largest = std::max(largest, other.largest);
    width += other.width;
  }
};

Sums answer(const Question& question, LawKind kind) {
  FitOptions options{.candidates = 16, .starts = 2};
  if (question.fitted.size() > 5) options.candidates = 4, options.starts = 1;
  const FittedLaw fitted = fit_law(kind, law_data::described(question.fitted), options).fitted;
  Sums sums;
  for (const FitRun& run : question.asked) {
    const std::int64_t end[] = {run.step.back()};
    sums.add(predict_losses(fitted, run.lr, end)[0], run.loss.back());
  }
  return sums;
}

/// By kind, in the order in which the questions have them. What was answered, question by question.
std::vector<Sums> table(const std::vector<Question>& questions, LawKind kind) {
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
  return sums;
}

/// Where intervals are too wide or too narrow: the errors of each setup beside what they were expected to be.
void by_setup(const std::vector<Question>& questions, const std::vector<Sums>& sums) {
  std::printf(
      "\nThe same for the noise law by setup, where kinds differ. Standardised: root of the mean square of error over\n"
      "standard deviation, 1 where the width is right. Needed: half of the 90 %% interval that the errors of this "
      "setup\n"
      "alone would ask for (1.645 times their root mean square).\n\n"
      "| asked | setup | predictions | mean error | coverage %% | standardised | half width | needed |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Question& question : questions) {
    const bool wanted = question.kind.find("shape") != std::string::npos ||
                        question.kind.find("peak") != std::string::npos ||
                        question.kind.find("alone") != std::string::npos;
    const std::pair row(question.kind, question.setup);
    if (wanted && std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [kind, setup] : rows) {
    Sums all;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (questions[i].kind == kind && questions[i].setup == setup) all.add(sums[i]);
    }
    const auto n = static_cast<double>(all.count);
    std::printf("| %s | %s | %d | %+.4f | %.0f | %.2f | %.4f | %.4f |\n", kind.c_str(), setup.c_str(), all.count,
                all.sum / n, 100.0 * all.inside / n, std::sqrt(all.standardised / n), all.width / n,
                ninety * std::sqrt(all.squares / n));
  }
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
      "from a fifth; multi-power: from a tenth). Without another word: the seven trunks above, eight more of the same\n"
      "source (SlimPajama) and their linear cooldowns.\n\n"
      "| fit | asked | predictions | mean absolute error | mean error | largest | coverage %% | half width |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n");
  const std::vector<Question> questions = law_questions(data);
  const std::vector<Sums> answers = table(questions, recipes[0]);
  table(questions, recipes[1]);
  by_setup(questions, answers);
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
