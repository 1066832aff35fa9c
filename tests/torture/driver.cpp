// What the command's `run` verbs do for the standing attack, without a process for each: reads the arguments of a verb
// as a JSON list of texts per line, and answers {"code": ..., "out": ..., "err": ...}. After "hold RUN", commits are
// those of one process that keeps the run open, until "release RUN".
#include <iostream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "anytime/records.hpp"
#include "base/json.hpp"
#include "scheduled/anytime.hpp"

namespace {

using namespace scheduled;
namespace fs = std::filesystem;

/// "VERB RUN ..., --option value": the arguments by name; those without a name in `rest`.
struct Arguments {
  explicit Arguments(std::vector<std::string> texts) {
    for (std::size_t k = 0; k < texts.size(); ++k) {
      const bool flag = texts[k] == "--json" || texts[k] == "--clear" || (texts[k] == "--keep" && texts[0] == "commit");
      if (flag) {
        options[texts[k]] = "";
      } else if (texts[k].starts_with("--")) {
        options[texts[k]] = texts.at(k + 1);
        ++k;
      } else {
        rest.push_back(texts[k]);
      }
    }
  }
  std::string get(const std::string& name, const std::string& otherwise) const {
    const auto at = options.find(name);
    return at == options.end() ? otherwise : at->second;
  }
  bool has(const std::string& name) const { return options.contains(name); }

  std::map<std::string, std::string> options;
  std::vector<std::string> rest;
};

RunStore open(const Arguments& a, RunStore::Access access) { return RunStore::open(a.rest.at(1), access); }

std::optional<RunStore> held;

/// What it prints. Throws as the store does.
Json run(const Arguments& a) {
  const std::string& verb = a.rest.at(0);
  const std::string line = a.get("--line", "trunk");
  constexpr auto write = RunStore::Access::write;
  if (verb == "init") {
    RunStore::init(a.rest.at(1), Schedule::parse(a.get("--trunk", "")));
  } else if (verb == "commit") {
    const std::vector<fs::path> files(a.rest.begin() + 2, a.rest.end());
    std::optional<RunStore> own;
    RunStore& store = held ? *held : own.emplace(open(a, write));
    return to_json(
        store.commit({.line = line, .step = std::stoll(a.get("--step", "")), .keep = a.has("--keep")}, files));
  } else if (verb == "hold") {
    held.emplace(open(a, write));
  } else if (verb == "release") {
    held.reset();
  } else if (verb == "branch") {
    RunStore store = open(a, write);
    return to_json(store.branch({.name = a.rest.at(2),
                                 .line = line,
                                 .cooldown = {steps(std::stoll(a.get("--cooldown", ""))), LinearDecay{}, {}}}));
  } else if (verb == "resume") {
    ResumeRequest request{.line = line};
    if (a.has("--step")) request.step = std::stoll(a.get("--step", ""));
    return Json::object({{"step", open(a, write).resume(request).step}});
  } else if (verb == "gc") {
    return to_json(open(a, write).gc(std::stoi(a.get("--keep", "2"))));
  } else if (verb == "log") {
    RunStore store = open(a, write);
    const std::string& metric = a.rest.at(2);
    const std::size_t equals = metric.find('=');
    const std::string name = metric.substr(0, equals);
    const Metric row{std::stoll(a.get("--step", "")), name, std::stod(metric.substr(equals + 1))};
    store.log(line, std::span(&row, 1));
    store.flush();
  } else if (verb == "status") {
    return to_json(open(a, RunStore::Access::read).record());
  } else if (verb == "verify") {
    RunStore store = open(a, a.has("--clear") ? write : RunStore::Access::read);
    if (a.has("--clear")) store.clear_marks();
    return to_json(store.verify());
  }
  return {};
}

Json answer(const std::string& text) {
  int code = 0;
  std::string error;
  Json out;
  try {
    std::vector<std::string> arguments;
    const Json list = Json::parse(text);
    for (const Json& argument : list.items()) arguments.push_back(argument.text());
    out = run(Arguments(arguments));
    const Json* const problems = arguments.at(0) == "verify" ? out.find("problems") : nullptr;
    if (problems != nullptr && !problems->items().empty()) code = 1;
  } catch (const StoreError& failed) {
    code = 1;
    error = failed.what();
  } catch (const std::invalid_argument& wrong) {
    code = 2;
    error = wrong.what();
  } catch (const std::exception& unexpected) {
    code = 3;
    error = unexpected.what();
  }
  return Json::object({{"code", code}, {"out", out.dump()}, {"err", error}});
}

}  // namespace

int main() {
  for (std::string text; std::getline(std::cin, text);) std::cout << answer(text).dump() << std::endl;
  return 0;
}
