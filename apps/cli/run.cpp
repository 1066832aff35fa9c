// scheduled run: anytime training, planned and recorded. One verb of its own for each operation of the store.
#include "cli/run.hpp"

#include <stdexcept>

#include "cli/verbs.hpp"

namespace scheduled::cli {

void RunOptions::add_to(CLI::App& verb, bool with_line) {
  verb.add_option("RUN", folder, "Folder of the run")->required();
  if (with_line) verb.add_option("--line", line, "The trunk or a branch")->type_name("NAME")->capture_default_str();
  verb.add_flag("--json", json, "Print JSON; numbers read back exactly");
}

Json to_json(const RecordedCheckpoint& checkpoint) {
  constexpr const char* states[] = {"live", "superseded", "damaged", "deleted"};
  Json json;
  json["line"] = checkpoint.line;
  json["step"] = checkpoint.step;
  json["id"] = checkpoint.id;
  json["session"] = checkpoint.session;
  json["state"] = states[static_cast<int>(checkpoint.state)];
  json["folder"] = checkpoint.folder;
  json["files"] = Json::array();
  for (const RecordedFile& file : checkpoint.files) {
    json["files"].push_back(Json::object({{"name", file.name}, {"bytes", file.bytes}, {"xxh3", file.xxh3}}));
  }
  json["data_position"] = checkpoint.data_position;
  json["rng_state"] = checkpoint.rng_state;
  json["code_version"] = checkpoint.code_version;
  json["keep"] = checkpoint.keep;
  json["time"] = checkpoint.time;
  return json;
}

Json to_json(const RecordedLine& line) {
  Json json;
  json["line"] = line.name;
  json["parent"] = line.parent.empty() ? Json() : Json(line.parent);
  json["start"] = line.start;
  json["step"] = line.step;
  json["end"] = line.end ? Json(*line.end) : Json();
  json["finished"] = line.finished;
  json["session"] = line.session;
  json["spec"] = print(line.schedule);
  json["spec_hash"] = schedule_hash(line.schedule);
  return json;
}

void add_run(CLI::App& app) {
  auto* const run = app.add_subcommand("run", "Train without a horizon: plan, record, branch, resume");
  run->require_subcommand(0, 1);
  add_run_plan(*run);
  add_run_init(*run);
  add_run_lr(*run);
  add_run_commit(*run);
  add_run_branch(*run);
  add_run_resume(*run);
  add_run_log(*run);
  add_run_status(*run);
  add_run_verify(*run);
  add_run_gc(*run);
  add_run_export(*run);
  run->footer(
      "A run is a folder: the record and the checkpoints. One process writes to it at a time; readers always can.\n"
      "Steps count finished updates: after a resume at step s the next update has the rate of `run lr --step s`.\n"
      "See `scheduled run VERB --help` for the options and an example.");
  run->callback([run] {
    if (run->get_subcommands().empty()) {
      throw std::invalid_argument("run: a verb is missing; see scheduled run --help");
    }
  });
}

}  // namespace scheduled::cli
