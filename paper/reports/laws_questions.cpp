// The questions of docs/laws.md: fits, and runs that were not fitted.
#include "reports/laws_questions.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "reports/laws_parts.hpp"
#include "support/law_data.hpp"

namespace scheduled::reports {
namespace {

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
  const bool is_slim = family.name.starts_with("SlimPajama");
  const std::string begin = is_124 || is_210 ? "cos-" : is_slim ? "sl" : "openwebtext2_";
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
    questions.push_back({"all branches but the asked one", family.name, std::move(with_trunk), {branches[i]}});
    questions.push_back({"one branch", family.name, {logs.trunk, branches[i]}, std::move(others)});
  }
  questions.push_back({"trunk alone", family.name, {logs.trunk}, branches});
  for (const auto& [part, share] : {std::pair{"half of a trunk alone", 2}, std::pair{"a third of a trunk alone", 3}}) {
    questions.push_back({part, family.name, {up_to(logs.trunk, logs.trunk.step.back() / share)}, branches});
  }
  for (const std::int64_t end : {7500, 10000, 15000, 22222, 25000}) {
    Question longer{"longer branches from shorter runs", family.name, {up_to(logs.trunk, end)}, {}};
    for (const FitRun& branch : branches) {
      if (branch.step.back() <= end && branch.name.starts_with("0.2 of")) longer.fitted.push_back(branch);
      if (static_cast<double>(branch.step.back()) > 1.3 * static_cast<double>(end) && !is_sqrt(branch)) {
        longer.asked.push_back(branch);
      }
    }
    if (longer.fitted.size() > 1 && !longer.asked.empty()) questions.push_back(std::move(longer));
  }
  if (!roots.empty()) questions.push_back({"another shape: 1-sqrt cooldowns", family.name, linear, roots});
  Question fifth{"another shape: whole cosine runs from cooldowns of a fifth", family.name, {logs.trunk}, {}};
  for (const FitRun& run : linear) {
    if (run.name.starts_with("0.2 of")) fifth.fitted.push_back(run);
  }
  Question whole{"another shape: whole cosine runs", family.name, linear, {}};
  Question other{"another peak: whole cosine runs", family.name, linear, {}};
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

/// What no fitted run of the multi-power law's data shows: losses from a tenth of 24,000 steps on.
void ask_multi_power(const std::filesystem::path& data, std::vector<Question>& questions) {
  for (const std::string size : {"25", "100"}) {
    const auto runs = [&](const std::vector<std::string>& names) {
      std::vector<FitRun> found = law_data::mpl_runs(data, size, names);
      for (FitRun& run : found) {
        const auto begin = std::upper_bound(run.step.begin(), run.step.end(), 2400);
        run.loss.erase(run.loss.begin(), run.loss.begin() + (begin - run.step.begin()));
        run.step.erase(run.step.begin(), begin);
      }
      return found;
    };
    const std::vector<std::string> other{"wsd_20000_24000", "cosine_24000", "cosine_72000",
                                         "wsdcon_9",        "wsdcon_18",    "wsdcon_3"};
    questions.push_back({"another shape: exponential, cosine, drops; from linear", "multi-power, " + size + "M",
                         runs({"constant_24000", "wsdld_20000_24000"}), runs(other)});
    questions.push_back(
        {"trunk alone", "multi-power, " + size + "M", runs({"constant_24000"}),
         runs({"wsdld_20000_24000", "wsd_20000_24000", "cosine_24000", "wsdcon_9", "wsdcon_18", "wsdcon_3"})});
  }
}

/// The 124M trunks and their branches from one another, and from several trunks without any branch.
void ask_other_trunks(const std::filesystem::path& data, std::vector<Question>& questions) {
  std::vector<law_data::Logs> logs;
  std::vector<std::string> names;
  for (const law_data::Family& family : law_data::families()) {
    if (!family.name.starts_with("124M")) continue;
    logs.push_back(law_data::read_family(data, family));
    names.push_back(family.name);
  }
  const auto linear = [](const law_data::Logs& of) {
    std::vector<FitRun> runs{of.trunk};
    std::copy_if(of.branches.begin(), of.branches.end(), std::back_inserter(runs),
                 [](const FitRun& run) { return !is_sqrt(run); });
    return runs;
  };
  for (std::size_t i = 0; i < logs.size(); ++i) {
    for (std::size_t k = 0; k < logs.size(); ++k) {
      const double ratio = peak_of(logs[k].trunk) / peak_of(logs[i].trunk);
      const bool near = ratio < 2.1 && ratio > 0.45;
      if (i == k || ratio > 5.1 || ratio < 0.19) continue;
      const std::string setup = names[i] + " to" + names[k].substr(names[k].rfind(' '));
      const std::string far = near ? "" : ", 4 to 5 times as high or low";
      questions.push_back({"another peak: trunk and its branches" + far, setup, linear(logs[i]), linear(logs[k])});
      questions.push_back({"trunk alone, another peak" + far, setup, {logs[i].trunk}, linear(logs[k])});
    }
    if (i + 1 == logs.size()) continue;
    std::vector<FitRun> branches = linear(logs[i]);
    branches.erase(branches.begin());
    questions.push_back({"two trunks at two peaks, no branch",
                         names[i] + " and the next",
                         {logs[i].trunk, logs[i + 1].trunk},
                         std::move(branches)});
  }
}

}  // namespace

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

std::vector<Question> law_questions(const std::filesystem::path& data) {
  std::vector<Question> questions;
  for (const law_data::Family& family : law_data::families()) ask_family(data, family, questions);
  for (const law_data::Family& family : law_data::more_families()) ask_family(data, family, questions);
  ask_multi_power(data, questions);
  ask_other_trunks(data, questions);
  for (const Horizon& horizon : horizons(data)) {
    questions.push_back(
        {horizon.model + ": 100k and 200k steps from one run of 50k", horizon.model, horizon.one, horizon.all});
  }
  const auto own = own_runs(data);
  std::vector<FitRun> linear;
  for (const char* name : {"constant-0.002-seed1", "constant-0.002-seed1-3000-linear",
                           "constant-0.002-seed1-1500-linear", "constant-0.002-seed1-750-linear"}) {
    linear.push_back(own.at(name));
  }
  questions.push_back({"14M: 1-sqrt cooldowns",
                       "14M",
                       linear,
                       {own.at("constant-0.002-seed1-3000-1-sqrt"), own.at("constant-0.002-seed1-1500-1-sqrt"),
                        own.at("constant-0.002-seed1-750-1-sqrt")}});
  std::vector<FitRun> asked(linear.begin() + 1, linear.end());
  for (const char* name : {"constant-0.002-seed1-3000-1-sqrt", "constant-0.002-seed1-1500-1-sqrt",
                           "constant-0.002-seed1-750-1-sqrt", "cosine-0.002-seed1-3000"}) {
    asked.push_back(own.at(name));
  }
  questions.push_back({"trunk alone", "14M", {linear[0]}, asked});
  questions.push_back({"14M: a whole cosine run", "14M", linear, {own.at("cosine-0.002-seed1-3000")}});
  const std::vector<FitRun> twice{own.at("cosine-0.004-seed1-3000"), own.at("linear-0.004-seed1-3000")};
  questions.push_back({"14M: whole runs at twice the peak", "14M", linear, twice});
  questions.push_back({"trunk alone, another peak", "14M", {linear[0]}, twice});
  linear.push_back(own.at("cosine-0.004-seed1-1500"));
  questions.push_back({"14M: the same, a short run there fitted", "14M", linear, twice});
  return questions;
}

}  // namespace scheduled::reports
