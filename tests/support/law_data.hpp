// The training logs that the law report and the tests on real data read: which files, which schedules.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/error.hpp"
#include "scheduled/law.hpp"
#include "scheduled/schedule.hpp"

namespace law_data {

using scheduled::FitRun;

/// The schedule that a file name of the multi-power law's data stands for.
inline scheduled::Schedule mpl_schedule(const std::string& name) {
  const auto number = [&](std::size_t from) { return name.substr(from, name.find('_', from) - from); };
  const std::string common = ", warmup=2160, peak=3e-4";
  std::string spec;
  if (name.starts_with("constant_")) spec = "constant(steps=" + number(9) + common + ")";
  if (name.starts_with("cosine_")) spec = "cosine(steps=" + number(7) + common + ", final=3e-5)";
  if (name == "wsd_20000_24000") spec = "wsd(steps=24000" + common + ", cooldown=4000, decay=exponential, final=3e-5)";
  if (name == "wsdld_20000_24000") spec = "wsd(steps=24000" + common + ", cooldown=4000, final=3e-5)";
  if (name.starts_with("wsdcon_")) {
    const std::string factor = scheduled::format_number(std::stod(number(7)) / 30.0);
    spec = "piecewise(steps=16000" + common + ", milestones=[8000], factors=[" + factor + "])";
  }
  return scheduled::Schedule::parse(spec);
}

/// A run of `mpl/csv_<size>` by name; rates from the schedule, because the log has them every 128 steps only.
inline FitRun mpl_run(const std::filesystem::path& data, const std::string& size, const std::string& name) {
  const scheduled::RunLog log = scheduled::read_log(data / "mpl" / ("csv_" + size) / (name + ".csv"));
  const scheduled::Series losses = scheduled::series(log, "train_loss");
  return {name, mpl_schedule(name).values(losses.step.back()), losses.step, losses.value};
}

/// The same with the rates that the log has, as `fit --log-warmup 2160` takes them.
inline FitRun mpl_logged_run(const std::filesystem::path& data, const std::string& size, const std::string& name) {
  scheduled::FitRunOptions options{.column = "train_loss"};
  options.rates.warmup = 2160;
  return scheduled::fit_run(scheduled::read_log(data / "mpl" / ("csv_" + size) / (name + ".csv")), options);
}

inline std::vector<FitRun> mpl_runs(const std::filesystem::path& data, const std::string& size,
                                    const std::vector<std::string>& names) {
  std::vector<FitRun> runs;
  for (const std::string& name : names) runs.push_back(mpl_run(data, size, name));
  return runs;
}

inline const std::vector<std::string> mpl_train{"cosine_24000", "constant_24000", "wsdcon_9"};
inline const std::vector<std::string> mpl_test{"cosine_72000",   "wsd_20000_24000", "wsdld_20000_24000",
                                               "constant_72000", "wsdcon_3",        "wsdcon_18"};

/// A trunk and its cooldown branches: logs of 2501.18965.
struct Family {
  std::string name;
  std::string trunk;   ///< how the trunk's file name begins
  std::string branch;  ///< how the branches' file names begin,
  std::string having;  ///< and what they contain
};

inline std::vector<Family> families() {
  std::vector<Family> all;
  for (const std::string lr : {"0.0001", "0.0005", "0.001", "0.002"}) {
    all.push_back({"124M, lr " + lr, "stable-124m_slimpajama_llama_norm_nlayers12_nhead12_lr" + lr + "_", "ann124-",
                   "_lr" + lr + "_"});
  }
  for (const std::string size : {"nlayers10_nhead8", "nlayers12_nhead10"}) {
    all.push_back({"OpenWebText2, " + size, "openwebtext2_llama_norm_" + size + "_lr0.001_sched_wsd",
                   "ann0.2_openwebtext2", size});
  }
  all.push_back({"210M, lr 0.0005", "stable-210m_", "ann210-0.2_", "_lr0.0005_"});
  return all;
}

/// Eight more models of these logs, other sizes or another peak: trunks with two cooldowns of a fifth.
inline std::vector<Family> more_families() {
  struct Model {
    std::string begin, size, lr;
  };
  std::vector<Family> all;
  for (const Model& m : {Model{"sl_", "nlayers8_nhead6", "0.001"}, Model{"sl53_", "nlayers8_nhead8", "0.001"},
                         Model{"sl_", "nlayers10_nhead8", "0.001"}, Model{"sl93_", "nlayers12_nhead10", "0.001"},
                         Model{"sl_", "nlayers12_nhead12", "0.0005"}, Model{"sl166_", "nlayers16_nhead12", "0.0005"},
                         Model{"sl_", "nlayers24_nhead12", "0.0005"}, Model{"sl_", "nlayers24_nhead16", "0.0005"}}) {
    const std::string model = "slimpajama_llama_norm_" + m.size + "_lr" + m.lr + "_sched_wsd";
    all.push_back({"SlimPajama, " + m.size, m.begin + model, "ann0.2_slimpajama", m.size + "_lr"});
  }
  return all;
}

/// Losses from 5 % of the longest run on, of a run that ends before from 5 % of its own, as the command has them.
inline std::vector<FitRun> described(std::vector<FitRun> runs) {
  std::int64_t longest = 1;
  for (const FitRun& run : runs) longest = std::max(longest, run.step.back());
  for (FitRun& run : runs) {
    const auto share = [](std::int64_t steps) {
      return std::llround(scheduled::undescribed_share * static_cast<double>(steps));
    };
    const std::int64_t first = run.step.back() > share(longest) ? share(longest) : share(run.step.back());
    const auto begin = std::lower_bound(run.step.begin(), run.step.end(), first);
    run.loss.erase(run.loss.begin(), run.loss.begin() + (begin - run.step.begin()));
    run.step.erase(run.step.begin(), begin);
  }
  return runs;
}

/// What of a branch's file name tells it from the others: "0.4, 50000 steps".
inline std::string branch_name(const scheduled::RunLog& log) {
  const auto text = [&](const char* key) {
    const auto value = log.number(key);
    return value ? scheduled::format_number(*value) : std::string("?");
  };
  const auto type = log.meta.find("decay_type");
  const bool is_sqrt = type != log.meta.end() && type->second == scheduled::MetaValue(std::string("sqrt"));
  return text("wsd_fract_decay") + (is_sqrt ? " 1-sqrt" : "") + " of " + text("iterations");
}

struct Logs {
  FitRun trunk;
  std::vector<FitRun> branches;  ///< rates of the whole run, losses of the branch only
};

/// Losses from step 1000 on; the rates as logged.
inline Logs read_family(const std::filesystem::path& data, const Family& family) {
  using namespace scheduled;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(data / "paper-logs")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  FitRunOptions options;
  constexpr std::int64_t first_step = 1000;
  options.first_step = first_step;
  std::optional<RunLog> trunk;
  std::vector<RunLog> branches;
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    if (name.starts_with(family.trunk)) trunk = read_log(file);
    if (!name.starts_with(family.branch) || name.find(family.having) == std::string::npos) continue;
    branches.push_back(read_log(file));
  }
  trunk->name = "trunk";
  Logs logs{fit_run(*trunk, options), {}};
  for (RunLog& branch : branches) {
    options.first_step = std::max(first_step, branch.step.front() + 1);
    RunLog whole = merge_branch(*trunk, branch);
    whole.name = branch_name(branch);
    logs.branches.push_back(fit_run(whole, options));
  }
  return logs;
}

}  // namespace law_data
