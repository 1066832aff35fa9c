// scheduled train: checks the options and hands over to the program that is linked with LibTorch.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

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
    throw std::invalid_argument("train: " + trainer.string() +
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

void add_train(CLI::App& app, std::vector<std::string> arguments) {
  auto* const verb = app.add_subcommand("train", "Train a transformer on bytes, recorded in a run");
  const auto options = std::make_shared<trainer::TrainOptions>();
  options->add_to(*verb);
  verb->callback([options, arguments = std::move(arguments)] {
    static_cast<void>(options->request());  // errors come from here, whether or not the trainer is there
    hand_over({arguments.begin() + 1, arguments.end()});
  });
}

}  // namespace scheduled::cli
