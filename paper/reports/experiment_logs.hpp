// The logs of tools/experiment.py: what was trained, at which learning rates, and which of them is compared.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "scheduled/runlog.hpp"

namespace experiment {

namespace fs = std::filesystem;
using scheduled::RunLog;
using scheduled::Series;

/// One line of one run. Without `horizon` it is a trunk; with `decay` a branch of one.
struct Line {
  std::string family;
  double lr = 0.0;
  int seed = 0;
  std::optional<std::int64_t> horizon = {};
  std::string decay = {};
  int share = 0;  ///< of the cooldown, per cent
  RunLog log = {};

  bool separate() const { return horizon && decay.empty(); }
  bool trunk() const { return !horizon; }
  Series losses() const { return series(log, "val_loss"); }
  double first_loss() const { return losses().value.front(); }
  double last_loss() const { return losses().value.back(); }
};

inline std::vector<Line> read_lines(const fs::path& folder) {
  static const std::regex pattern(R"(([a-z]+)(?:-(\d+))?-lr([0-9.e-]+)-seed(\d+)(?:-(\d+)-(.+)-(\d+))?)");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Line> lines;
  for (const fs::path& file : files) {
    std::smatch match;
    const std::string name = file.stem().string();
    if (!std::regex_match(name, match, pattern)) scheduled::fail({file.string(), ": not a log's name"});
    Line line{
        .family = match[1], .lr = std::stod(match[3]), .seed = std::stoi(match[4]), .log = scheduled::read_log(file)};
    if (match[2].matched) line.horizon = std::stoll(match[2]);
    if (match[5].matched) {
      line.horizon = std::stoll(match[5]);
      line.decay = match[6];
      line.share = std::stoi(match[7]);
    }
    lines.push_back(std::move(line));
  }
  if (lines.empty()) scheduled::fail({folder.string(), ": holds no logs"});
  return lines;
}

/// A way to a result: a planned run, or a trunk's branch.
struct Method {
  std::string family, decay;
  int share = 0;

  std::string name() const {
    if (decay.empty()) return family == "linear" ? "linear decay, planned" : family + ", planned";
    return fmt::format("{}, {} cooldown of {} %", family, decay, share);
  }
};

inline const std::vector<Method>& methods() {
  static const std::vector<Method> all = [] {
    std::vector<Method> list = {{"cosine", ""}, {"linear", ""}};
    for (const char* const family : {"rsqrt", "constant"}) {
      for (const int share : {10, 20}) {
        for (const char* const decay : {"linear", "1-sqrt"}) list.push_back({family, decay, share});
      }
    }
    return list;
  }();
  return all;
}

/// A member of experiment.json.
inline const scheduled::Json& member(const scheduled::Json& object, std::string_view key) {
  const scheduled::Json* const found = object.find(key);
  if (found == nullptr) scheduled::fail({"experiment.json: ", key, " is missing"});
  return *found;
}

class Experiment {
 public:
  explicit Experiment(const fs::path& folder) : lines_(read_lines(folder)) {
    std::ifstream file(folder / "experiment.json");
    if (!file) scheduled::fail({(folder / "experiment.json").string(), ": is missing"});
    about = scheduled::Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    std::set<std::int64_t> ends;
    std::set<int> all;
    for (const Line& line : lines_) {
      if (line.horizon) ends.insert(*line.horizon);
      all.insert(line.seed);
    }
    horizons = {ends.begin(), ends.end()};
    seeds = {all.begin(), all.end()};
    for (const char* const family : {"rsqrt", "constant"}) best_trunk_[family] = best_trunk(family);
  }

  /// The learning rate that is compared: for trunks one for all horizons, else that horizon's own best.
  double lr(const Method& method, std::int64_t horizon) const {
    return method.decay.empty() ? best_separate(method.family, horizon) : best_trunk_.at(method.family);
  }
  const Line& line(const Method& method, std::int64_t horizon, int seed) const {
    return find(method.family, horizon, method.decay, method.share, lr(method, horizon), seed);
  }
  const Line& trunk(const std::string& family, int seed) const {
    return find(family, std::nullopt, "", 0, best_trunk_.at(family), seed);
  }
  /// Mean over the seeds of the final loss, or of the loss where the cooldown begins.
  double loss(const Method& method, std::int64_t horizon, bool before = false) const {
    double sum = 0.0;
    for (const int seed : seeds) {
      const Line& one = line(method, horizon, seed);
      sum += before ? one.first_loss() : one.last_loss();
    }
    return sum / static_cast<double>(seeds.size());
  }
  double gap(const Method& method, std::int64_t horizon, bool before = false) const {
    return loss(method, horizon, before) - loss(methods().front(), horizon);
  }
  /// The difference to cosine of the same seed: the same first weights and the same order of the text.
  double gap_of(const Method& method, std::int64_t horizon, int seed) const {
    return line(method, horizon, seed).last_loss() - line(methods().front(), horizon, seed).last_loss();
  }
  /// Largest change from seed to seed: of a loss, or of its difference to cosine.
  double seed_change(bool of_gap) const {
    double most = 0.0;
    for (const std::int64_t horizon : horizons) {
      for (const Method& method : methods()) {
        std::vector<double> values;
        for (const int seed : seeds) {
          values.push_back(of_gap ? gap_of(method, horizon, seed) : line(method, horizon, seed).last_loss());
        }
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        most = std::max(most, *high - *low);
      }
    }
    return most;
  }
  /// What a sweep found: loss by learning rate, of the first seed. Of trunks the mean over the horizons with the linear
  /// cooldown of 20 %.
  std::map<double, double> sweep(const std::string& family, std::optional<std::int64_t> horizon) const {
    std::map<double, double> found;
    for (const Line& one : lines_) {
      if (one.family != family || one.seed != seeds.front()) continue;
      if (horizon && one.separate() && one.horizon == horizon) found[one.lr] = one.last_loss();
      if (!horizon && one.decay == "linear" && one.share == 20) {
        found[one.lr] += one.last_loss() / static_cast<double>(horizons.size());
      }
    }
    return found;
  }

  scheduled::Json about;
  std::vector<std::int64_t> horizons;
  std::vector<int> seeds;

 private:
  const Line& find(const std::string& family, std::optional<std::int64_t> horizon, const std::string& decay, int share,
                   double lr, int seed) const {
    for (const Line& one : lines_) {
      if (one.family == family && one.horizon == horizon && one.decay == decay && one.share == share && one.lr == lr &&
          one.seed == seed) {
        return one;
      }
    }
    scheduled::fail({fmt::format("no log of {} at {}, lr {}, seed {}", family, horizon.value_or(0), lr, seed)});
  }
  static double argmin(const std::map<double, double>& found) {
    return std::min_element(found.begin(), found.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
  }
  double best_separate(const std::string& family, std::int64_t horizon) const { return argmin(sweep(family, horizon)); }
  double best_trunk(const std::string& family) const { return argmin(sweep(family, std::nullopt)); }

  std::vector<Line> lines_;
  std::map<std::string, double> best_trunk_;
};

}  // namespace experiment
