#include "trainer/verb.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "base/error.hpp"
#include "shell/file.hpp"
#include "trainer/config.hpp"
#include "trainer/data.hpp"
#include "trainer/options.hpp"

namespace scheduled::trainer {
namespace {

/// Where the trainer is installed: beside the command.
std::filesystem::path program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "scheduled-train";
}

}  // namespace

void hand_over(std::vector<std::string> arguments) {
  const std::string trainer = program().string();
  if (::access(trainer.c_str(), X_OK) != 0) return;
  arguments.insert(arguments.begin(), trainer);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(trainer.c_str(), pointers.data());
  throw std::runtime_error(trainer + ": cannot be run");
}

void add_train(shell::Verb& command) {
  shell::Verb& verb = command.verb("train", train_meaning);
  auto& options = verb.keep<TrainOptions>();
  options.add_to(verb);
  verb.run([&options] {
    static_cast<void>(options.request());
    fail_argument("train", program().string() +
                               " is missing: this scheduled was built without its trainer, as wheels are, because it needs "
                               "LibTorch; apt-get install libtorch-dev, then build again in the sources");
  });
}

std::int64_t check_planned(const std::string& file, const AnytimePlan& plan) {
  const TrainConfig config =
      parse_config(shell::source_name(file), shell::read_text(file), std::filesystem::path(file).parent_path());
  if (!(config.schedule == plan.trunk)) {
    fail_value("trunk", print(plan.trunk),
               concat({file, " trains ", print(config.schedule), "; plan with that, or change the configuration"}));
  }
  Corpus(config).require(plan.branches.back().result);
  return config.checkpoint_every;
}

}  // namespace scheduled::trainer
