// scheduled train: checks the options and hands over to the program that is linked with LibTorch.
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "base/error.hpp"
#include "cli/verbs.hpp"
#include "trainer/options.hpp"

namespace scheduled::cli {
namespace {

constexpr const char* program = "scheduled-train";

/// Replaces this process; `arguments` are those after the verb.
[[noreturn]] void hand_over(std::vector<std::string> arguments) {
  std::error_code error;
  const auto trainer = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / program;
  if (error || ::access(trainer.c_str(), X_OK) != 0) {
    fail_argument("train", trainer.string() +
                               " is missing: this scheduled was built without its trainer, which needs LibTorch; "
                               "apt-get install libtorch-dev, then build again");
  }
  arguments.insert(arguments.begin(), trainer.string());
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(trainer.c_str(), pointers.data());
  throw std::runtime_error(trainer.string() + ": cannot be run");
}

}  // namespace

void add_train(Verb& command, std::vector<std::string> arguments) {
  Verb& verb = command.verb("train", "Train a transformer on bytes, recorded in a run");
  auto& options = verb.keep<trainer::TrainOptions>();
  options.add_to(verb);
  verb.run([&options, arguments = std::move(arguments)] {
    static_cast<void>(options.request());  // errors come from here, whether or not the trainer is there
    hand_over({arguments.begin() + 1, arguments.end()});
  });
}

}  // namespace scheduled::cli
