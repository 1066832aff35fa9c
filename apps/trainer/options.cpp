#include "trainer/options.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "shell/file.hpp"
#include "shell/schema.hpp"
#include "trainer/records.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

void TrainOptions::add_to(shell::Verb& verb) {
  verb.add("RUN", run, "Folder of the run; made where it is missing").required();
  verb.add("--config", config, "Model, data and settings: JSON, see docs/guide/train.md; - reads standard input")
      .type("FILE")
      .required();
  const shell::Option of_line = verb.add("--line", line, "Line of the run to go on with").type("NAME");
  verb.add("--until", until, "Train to this many updates in all; default: to the end of the line's schedule")
      .type("STEP");
  verb.add("--keep", keep, "Commit at these updates, too, and keep that for branches").type("STEP,...");
  const shell::Option of_branch =
      verb.add("--branch", branch, "Begin this cooldown branch, or go on with it").type("NAME").excludes(of_line);
  verb.add("--at", at, "Checkpoint of the trunk where the branch begins; default: the last")
      .type("STEP")
      .needs(of_branch);
  auto added = cooldown.add_to(verb, "the branch's total");
  for (shell::Option* const option : {&added.length, &added.decay, &added.final}) option->needs(of_branch);
  verb.add("--override", override_schedule, "Go on with the config's schedule where the record has another");
  verb.add("--shared", shared,
           "Other lines of the run are trained at the same time: hold its lock only while something is written");
  verb.add("--lease", lease,
           "Seconds without a word after which another machine takes the run over; default: 60 on shared file systems "
           "and where one was given before")
      .type("S");
  verb.add("--json", json, "Print the result as JSON");
  shell::prints<TrainResult>(verb);
  verb.help(
      "SIGTERM, SIGUSR1, SIGUSR2 or Ctrl-C commits and stops; the same command goes on. Needs LibTorch (apt-get "
      "install libtorch-dev,\n"
      "then build again).\n\n"
      "Examples:\n  scheduled train mymodel --config train.json --until 400\n"
      "  scheduled train mymodel --config train.json --branch result --cooldown 20% --decay 1-sqrt");
}

TrainRequest TrainOptions::request() const {
  TrainRequest request{.run = run, .config = {}, .line = line, .override_schedule = override_schedule};
  request.until = until;
  request.keep = keep;
  request.shared = shared;
  request.lease = lease;
  if (branch == "trunk") fail_value("branch", "trunk", "is the run's own line; give another name");
  if (!branch.empty()) request.branch = TrainBranch{branch, at, cooldown.cooldown};
  request.config = parse_config(shell::source_name(config), shell::read_text(config), fs::path(config).parent_path());
  return request;
}

}  // namespace scheduled::trainer
