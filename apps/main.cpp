// The command `scheduled`: its verbs.
#include <string_view>
#include <vector>

#include "bound/records.hpp"
#include "cli/verbs.hpp"
#include "schedule/records.hpp"
#include "scheduled/error.hpp"
#include "shell/completion.hpp"
#include "shell/manual.hpp"
#include "shell/process.hpp"
#include "shell/schema.hpp"
#ifdef SCHEDULED_WITH_LAW
#include "forecast/records.hpp"
#include "law/records.hpp"
#endif
#ifdef SCHEDULED_WITH_ANYTIME
#include "anytime/cluster_records.hpp"
#include "anytime/fact_records.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/config.hpp"
#include "trainer/verb.hpp"
#endif

namespace scheduled::cli {
namespace {

/// What is written to files, or read from them, as JSON.
std::vector<FileForm> file_forms() {
  std::vector<FileForm> forms{
      {"schedule.json",
       "A schedule as an object: in the output of most verbs; @FILE reads it",
       {&make_schema<ScheduleObject>}},
      {"function.json", "What worst-case --function writes", {&make_schema<WorstCaseFunction>}}};
#ifdef SCHEDULED_WITH_LAW
  forms.push_back({"law.json", "A fitted law: fit --save writes it, --law reads it", {&make_schema<FittedLaw>}});
  forms.push_back({"forecasts.jsonl",
                   "A line of a book of forecasts: forecast register and score write it",
                   {&make_schema<forecast::ForecastLine>, &make_schema<forecast::ScoreLine>}});
#endif
#ifdef SCHEDULED_WITH_ANYTIME
  using namespace anytime;
  forms.push_back({"train.json", "The configuration of train", {&trainer::config_schema}});
  forms.push_back({"state.json", "In a checkpoint of train", {&trainer::state_schema}});
  forms.push_back({"jobs.json", "The plan in the folder that run plan --emit writes", {&make_schema<JobPlan>}});
  forms.push_back({"record.jsonl",
                   "A fact in the record of a run (RUN/record): a line of an entry",
                   {&make_schema<StoredLine>, &make_schema<StoredSession>, &make_schema<StoredCheckpoint>,
                    &make_schema<StoredData>, &make_schema<StoredMarks>}});
  forms.push_back(
      {"commit.json", "Line 1 of .scheduled.json in the folder of a checkpoint", {&make_schema<StoredCommit>}});
  forms.push_back({"external.json", "In the folder of a checkpoint that is elsewhere", {&make_schema<StoredManifest>}});
#endif
  return forms;
}

int run(int argc, char** argv) {
  Verb command("scheduled", "Learning-rate schedules with guarantees for large-model training.");
  command.help(
      "See `scheduled VERB --help` for the options and an example, `scheduled show --list` for the schedules.\n\n"
      "Examples:\n"
      "  scheduled compare wsd cosine linear 1-sqrt \"rsqrt(warmup=1k)\" constant --steps 50k\n"
      "  scheduled tune \"wsd(steps=50k, cooldown=20%)\"");
  command.group("Write, read and check schedules");
  add_show(command);
  add_diff(command);
  add_lint(command);
  add_import(command);
  add_export(command);
  command.group("Choose a schedule and its peak");
  add_bound(command);
  add_worst_case(command);
  add_average(command);
  add_tune(command);
  add_compare(command);
  add_optimize(command);
  add_extend(command);
  add_transfer(command);
  command.group("Learn from the logs of runs");
  add_log(command);
  add_refine(command);
#ifdef SCHEDULED_WITH_LAW
  add_fit(command);
  add_predict(command);
  add_cooldown(command);
  add_watch(command);
  add_forecast(command);
#endif
#ifdef SCHEDULED_WITH_ANYTIME
  command.group("Train without a horizon");
  add_run(command, trainer::check_planned);
  trainer::add_train(command);
  if (argc > 1 && argv[1] == std::string_view("train")) trainer::hand_over({argv + 2, argv + argc});
#endif
  command.group("More");
  add_completion(command);
  add_manual(command, version());
  add_schema(command, version(), file_forms());
  return run_program(command, version(), argc, argv);
}

}  // namespace
}  // namespace scheduled::cli

int main(int argc, char** argv) {
  return scheduled::shell::guarded([&] { return scheduled::cli::run(argc, argv); });
}
