// scheduled run merge: weights for the checkpoints at hand, in place of a cooldown.
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "anytime/records.hpp"
#include "base/error.hpp"
#include "cli/run.hpp"
#include "scheduled/merge.hpp"
#include "shell/arguments.hpp"
#include "shell/output.hpp"
#include "shell/print.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct MergeOptions {
  RunOptions run;
  RunMerge merge;
  bool plan = false;
  Duration last = percent(20);
  std::optional<std::int64_t> at;
  std::vector<std::int64_t> steps;
  MergeRule rule = MergeRule::decay;
  std::optional<Decay> decay;
  std::optional<Rate> final;
  std::optional<double> half_life;
  std::optional<std::int64_t> threads;
};

/// Where the merge is worth less than the cooldown that it stands for.
std::string advice_of(const MergePlan& plan) {
  std::string text;
  if (plan.falling)
    text +=
        "weights fall along the window, update by update: a merge is then worth less than the decay; those of a linear "
        "decay do not\n";
  constexpr double near = 1.05;
  if (plan.merged.best_value > near * plan.every.best_value) {
    text +=
        "the guarantee is lost between checkpoints that lie this far apart; a running average of all iterates keeps "
        "it\n";
  }
  return text;
}

std::string text_of(const MergePlan& plan) {
  TextTable weights({"checkpoint", "weight"});
  for (const MergeWeight& weight : plan.weights) weights.add({std::to_string(weight.step), rounded(weight.weight)});
  TextTable worth({"", "guarantee", "ratio to the cooldown"});
  const auto add = [&](const char* what, double value) {
    worth.add({what, rounded(value), fmt::format("{:.3f}", value / plan.cooldown)});
  };
  add("cooldown over the window instead", plan.cooldown);
  add("merge of these checkpoints", plan.merged.best_value);
  add("running average with these weights", plan.every.best_value);
  add("last checkpoint, not merged", plan.last);
  return fmt::format("window after step {}\n\n{}\n{}{}", plan.begin, weights.text(), worth.text(), advice_of(plan));
}

/// The checkpoints and their window.
MergeRequest request_of(const MergeOptions& options, const RunRecord& record) {
  const RecordedLine& line = record.line(options.run.line);
  const std::int64_t end = options.steps.empty() ? options.at.value_or(line.step) : options.steps.back();
  const auto rates = [&] { return recorded_rates(record, line.name, end); };
  MergeRequest request{.lr = renamed({{"count", options.steps.empty() ? "at" : "steps"}}, rates),
                       .steps = options.steps};
  if (request.steps.empty()) {
    const std::int64_t last = resolve_steps_before("last", options.last, end, line.schedule.spec().step_size);
    if (last > end) {
      fail_value("last", print_duration(options.last),
                 fmt::format("must be at most {}, all updates up to the last checkpoint", end));
    }
    request.begin = end - last;
    request.steps = merge_points(record, line.name, *request.begin, end);
    if (options.at && (request.steps.empty() || request.steps.back() != end)) {
      fail_value("at", std::to_string(end), fmt::format("{} has no checkpoint there", line.name));
    }
    if (request.steps.size() < 2) {
      fail_value("last", print_duration(options.last),
                 fmt::format("must hold at least 2 checkpoints of {}, not {}", line.name, request.steps.size()));
    }
  }
  request.rule = options.rule;
  request.decay = options.decay;
  request.final = options.final;
  request.half_life = options.half_life;
  return request;
}

void say_merge(const MergeOptions& options, const MergePlan& plan, const RunRecord& record, const RecordedLine& line) {
  if (options.run.json) return print_line(to_json(line));
  const RecordedCheckpoint& made = record.checkpoints.back();
  std::int64_t bytes = 0;
  for (const RecordedFile& file : made.files) bytes += file.bytes;
  print_text(fmt::format("{} is a merge of {} checkpoints of {} up to step {}: {} file{}, {} bytes, {}/{}\n{}",
                         line.name, line.merged.size(), line.parent == "trunk" ? "the trunk" : line.parent, line.start,
                         made.files.size(), made.files.size() == 1 ? "" : "s", bytes, options.run.folder, made.folder,
                         advice_of(plan)));
}

void merge(const MergeOptions& options) {
  if (options.plan != options.merge.name.empty()) {
    fail_argument("merge",
                  options.plan ? "--plan makes no line; leave NAME out" : "give the NAME of the new line, or --plan");
  }
  RunStore store = options.run.open(options.plan ? RunStore::Access::read : RunStore::Access::write);
  const MergeRequest request = request_of(options, store.record());
  const MergePlan plan = renamed({{"half_life", "half-life"}}, [&] { return plan_merge(request); });
  if (options.plan) {
    if (options.run.json) return print_line(to_json(plan));
    return print_text(text_of(plan));
  }
  RunMerge merge = options.merge;
  merge.line = options.run.line;
  merge.weights = plan.weights;
  require_count("threads", options.threads);
  merge.threads = static_cast<int>(std::min<std::int64_t>(options.threads.value_or(4), 1024));
  const RecordedLine line = store.merge(merge);
  say_merge(options, plan, store.record(), line);
}

}  // namespace

void add_run_merge(Verb& run) {
  Verb& verb = run.verb("merge", "Merge checkpoints in place of a cooldown, or only say the weights");
  auto& options = verb.keep<MergeOptions>();
  options.run.add_to(verb);
  verb.add("NAME", options.merge.name, "Of the line that the merge makes");
  verb.add("--plan", options.plan, "Only say the weights, and what they are worth");
  const Option last = verb.add("--last", options.last, "The window: so much before the last checkpoint");
  const Option at = verb.add("--at", options.at, "The last checkpoint; default: the line's").type("N");
  verb.add("--steps", options.steps, "Checkpoints to plan with, whether there or not")
      .type("N,N")
      .excludes(last)
      .excludes(at);
  verb.add("--rule", options.rule, "What the weights are made by");
  verb.add("--decay", options.decay, "The decay that they imitate").type("NAME").suggest(suggest_decays);
  verb.add("--final", options.final, "Rate at its end, a share of the rate before such as 10%").type("LR");
  verb.add("--half-life", options.half_life, "Of an ema, in updates").type("N");
  verb.add("--file", options.merge.file,
           "File of tensors in each checkpoint, or the index of several; default: model.safetensors, its index, or the "
           "only *.safetensors");
  verb.add("--take", options.merge.take, "Files of the last checkpoint to take along, such as state.json")
      .type("NAME,...");
  verb.add("--threads", options.threads, "Default: 4; the result has the same bits with any number").type("N");
  verb.add("--note", options.merge.note, "For the record").type("TEXT");
  options.run.add_wait_to(verb);
  verb.help(
      "Values are of the exact worst case, each at the best common factor of its rates; ratios do not depend on\n"
      "distance and grad norm. Merging needs no extra training: cooldown / merge is what it is worth beside one.\n\n"
      "Examples:\n  scheduled run merge myrun --plan --last 50% --decay linear\n"
      "  scheduled run merge wide merged --last 50%");
  prints<RecordedLine, MergePlan>(verb);
  verb.run([&options] { merge(options); });
}

}  // namespace scheduled::cli
