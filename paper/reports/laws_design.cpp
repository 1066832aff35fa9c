// docs/laws.md: the exponents of theory, and which run to make next beside what these runs really told.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

#include "reports/laws_parts.hpp"
#include "scheduled/law_design.hpp"
#include "support/law_data.hpp"

namespace scheduled::reports {
namespace {

std::string in_words(const Estimate& e) {
  char text[96];
  std::snprintf(text, sizeof text, "%.2f (%.2f to %.2f%s)", e.value, e.lower, e.upper, e.identified ? "" : ", open");
  return text;
}

/// Mean absolute error of the last losses.
double error_on(const LawFit& fit, const std::vector<FitRun>& runs) {
  double sum = 0.0;
  for (const FitRun& run : runs) {
    const std::int64_t end[] = {run.step.back()};
    sum += std::fabs(law_curve(fit.fitted.law, run.lr, end)[0] - run.loss.back());
  }
  return sum / static_cast<double>(runs.size());
}

void exponents(const std::filesystem::path& data) {
  std::printf(
      "## The exponents of theory\n\n"
      "The functional law on the 124M models of 2501.18965: trunks at two constant rates, the trunk at .001 with its "
      "26\n"
      "cooldowns, and all of these. Theory calls a task easy where s - (1 - 1/beta) is not below 0; `open`: the runs "
      "say\n"
      "little more than the prior. Decay: what the law's best schedule of 50k steps under the highest fitted rate "
      "decays\n"
      "for. Error: mean absolute one of the last losses of the trunk's 26 cooldowns.\n\n"
      "| fitted to | s | beta | s - (1 - 1/beta) | task | decay %% | error |\n|---|---|---|---|---|---:|---:|\n");
  std::map<std::string, law_data::Logs> logs;
  for (const law_data::Family& family : law_data::families()) {
    if (family.name.starts_with("124M")) logs[family.name] = law_data::read_family(data, family);
  }
  const law_data::Logs& middle = logs.at("124M, lr 0.001");
  std::vector<FitRun> with_cooldowns{middle.trunk};
  with_cooldowns.insert(with_cooldowns.end(), middle.branches.begin(), middle.branches.end());
  const FitRun& low = logs.at("124M, lr 0.0005").trunk;
  const FitRun& high = logs.at("124M, lr 0.002").trunk;
  std::vector<FitRun> all = with_cooldowns;
  all.push_back(low);
  all.push_back(high);
  const std::pair<const char*, std::vector<FitRun>> sets[] = {{"trunks at .0005 and .001", {low, middle.trunk}},
                                                              {"trunks at .001 and .002", {middle.trunk, high}},
                                                              {"trunks at .0005 and .002", {low, high}},
                                                              {"trunk at .001, its cooldowns", with_cooldowns},
                                                              {"all of these", all}};
  for (const auto& [name, runs] : sets) {
    const LawFit fit = fit_law(LawKind::functional, runs, {.threads = 2});
    const FunctionalExponents found = functional_exponents(fit.fitted);
    const FunctionalOptimum best = functional_optimum(fit.fitted.law, 50'000, {.warmup = 300});
    std::printf("| %s | %s | %s | %s | %s | %.0f | %.4f |\n", name, in_words(found.s).c_str(),
                in_words(found.beta).c_str(), in_words(found.margin).c_str(), std::string(name_of(found.task)).c_str(),
                static_cast<double>(best.decay) / 500.0, error_on(fit, middle.branches));
    std::fflush(stdout);
  }
  std::printf("\n");
}

/// One question: which of the experiments tells most, by next_run and by refits with the runs that were made.
class Question {
 public:
  Question(const char* name, LawKind kind, std::vector<FitRun> runs, const FitRun& asked)
      : name_(name), runs_(std::move(runs)), asked_(asked), kind_(kind) {
    asked_.lr.resize(static_cast<std::size_t>(asked.step.back()));
  }

  /// The run of an experiment as it was made; its first `shared` rates are those of another one.
  void add(const char* name, const FitRun& made, std::int64_t shared) {
    std::vector<double> lr(made.lr.begin(), made.lr.begin() + made.step.back());
    experiments_.push_back({name, std::move(lr), shared});
    made_.push_back(made);
  }

  void print() const {
    const LawFit fit = fit_law(kind_, runs_, {.threads = 2});
    const NextRun found = next_run(fit.fitted, runs_, asked_.lr, experiments_);
    row("", fit, {}, found.half_width, {}, false);
    for (std::size_t i = 0; i < experiments_.size(); ++i) {
      std::vector<FitRun> more = runs_;
      more.push_back(made_[i]);
      const ExperimentValue& value = found.experiments[i];
      row(experiments_[i].name, fit_law(kind_, more, {.threads = 2}), value.cost, value.half_width, value.narrowed,
          found.best == i);
    }
  }

 private:
  void row(const std::string& experiment, const LawFit& fit, std::optional<std::int64_t> cost, double half_width,
           std::optional<double> narrowed, bool best) const {
    const std::int64_t end[] = {asked_.step.back()};
    const Predicted predicted = predict_losses(fit.fitted, asked_.lr, end)[0];
    std::printf("| %s | %s%s | %s | %.4f | %s | %+.4f | %.4f |\n", name_,
                experiment.empty() ? "none" : experiment.c_str(), best ? " (*)" : "",
                cost ? std::to_string(*cost).c_str() : "", half_width,
                narrowed ? (std::to_string(std::lround(100.0 * *narrowed)) + " %").c_str() : "",
                predicted.loss - asked_.loss.back(), 0.5 * (predicted.upper - predicted.lower));
    std::fflush(stdout);
  }

  const char* name_;
  std::vector<FitRun> runs_;
  FitRun asked_;
  LawKind kind_;
  std::vector<Experiment> experiments_;
  std::vector<FitRun> made_;
};

void own_questions(const std::filesystem::path& data) {
  const auto runs = own_runs(data);
  const std::string trunk = "constant-0.002-seed1";
  const std::vector<FitRun> linear{runs.at(trunk), runs.at(trunk + "-3000-linear"), runs.at(trunk + "-1500-linear"),
                                   runs.at(trunk + "-750-linear")};
  for (const char* asked : {"cosine-0.004-seed1-3000", "linear-0.004-seed1-3000"}) {
    const std::string name = std::string("14M: ") + asked;
    Question question(name.c_str(), LawKind::noise, linear, runs.at(asked));
    question.add("1-sqrt cooldown of the trunk", runs.at(trunk + "-3000-1-sqrt"), 2400);
    question.add("whole cosine at the trunk's peak", runs.at("cosine-0.002-seed1-3000"), 0);
    question.add("short cosine at the asked peak", runs.at("cosine-0.004-seed1-1500"), 0);
    question.print();
  }
}

void questions_of_124m(const std::filesystem::path& data) {
  law_data::Logs middle, high;
  for (const law_data::Family& family : law_data::families()) {
    if (family.name == "124M, lr 0.001") middle = law_data::read_family(data, family);
    if (family.name == "124M, lr 0.002") high = law_data::read_family(data, family);
  }
  const auto branch = [](const law_data::Logs& logs, const char* name) {
    return *std::find_if(logs.branches.begin(), logs.branches.end(), [&](const FitRun& r) { return r.name == name; });
  };
  const auto start = [](const FitRun& run) { return run.step.front() - 1; };
  const FitRun first = branch(middle, "0.2 of 15000");
  const FitRun longer = branch(middle, "0.9 of 25000");
  const FitRun again = branch(middle, "0.2 of 25000");
  const FitRun other = branch(high, "0.9 of 25000");
  const std::pair<const char*, FitRun> asked[] = {{"124M: 60 % cooldown of 50k", branch(middle, "0.6 of 50000")},
                                                  {"124M: 90 % cooldown of 50k", branch(middle, "0.9 of 50000")},
                                                  {"124M: the same at twice the peak", branch(high, "0.9 of 50000")}};
  for (const auto& [name, run] : asked) {
    Question question(name, LawKind::noise, {middle.trunk, first}, run);
    question.add("20 % cooldown of 25k", again, start(again));
    question.add("90 % cooldown of 25k", longer, start(longer));
    question.add("90 % cooldown of 25k at twice the peak", other, 0);
    question.print();
  }
}

}  // namespace

void design(const std::filesystem::path& data) {
  exponents(data);
  std::printf(
      "## Which run next\n\n"
      "`next_run` with the noise law: the expected half of the 90 %% interval of an asked loss once a run is made, "
      "the\n"
      "share of what can be narrowed, and its advice (*): the cheapest of those that narrow nearly as much as any, at "
      "the\n"
      "asked peak where there is one. Beside it what the runs, which were all made, really did: "
      "the\n"
      "error of the asked loss after a refit with them, predicted less real, and half the interval that "
      "`predict_losses`\n"
      "gives then. 14M: trunk at .002 and its linear cooldowns; 124M: trunk at .001 and its 20 %% cooldown of 15k.\n\n"
      "| asked | run made | updates | expected | narrowed | error | interval then "
      "|\n|---|---|---:|---:|---:|---:|---:|\n");
  own_questions(data);
  questions_of_124m(data);
  std::printf("\n");
}

}  // namespace scheduled::reports
