// The program `scheduled-train`, to which `scheduled train` hands over: the only one that is linked with LibTorch.
#include <fmt/format.h>

#include <csignal>

#include "shell/output.hpp"
#include "shell/process.hpp"
#include "trainer/options.hpp"
#include "trainer/progress_line.hpp"
#include "trainer/records.hpp"
#include "trainer/train.hpp"

namespace scheduled::trainer {
namespace {

volatile std::sig_atomic_t stop_asked = 0;

/// Asks to stop. Only Ctrl-C kills the second time: schedulers of clusters send theirs to a job, to its shell and to
/// each of its processes, so that one may come more than once.
void ask_to_stop(int signal) {
  stop_asked = 1;
  if (signal == SIGINT) std::signal(signal, SIG_DFL);
}

void print_result(const TrainResult& result, bool json) {
  if (json) return shell::print_line(to_json(result));
  std::string text =
      fmt::format("{} {} at step {} of {}, {} tokens/s\n", result.line, result.stopped ? "stopped" : "is", result.step,
                  result.end, static_cast<std::int64_t>(result.tokens_per_second));
  if (result.val_loss) text += fmt::format("  val_loss   {:.6g}\n", *result.val_loss);
  text += fmt::format("  checkpoint {}\n", result.folder.string());
  if (result.stopped) text += "  the same command goes on from there\n";
  shell::print_text(text);
}

void train_as(const TrainOptions& options) {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) std::signal(signal, ask_to_stop);
  ProgressLine line;
  const TrainResult result = train(options.request(), {.stop = [] { return stop_asked != 0; },
                                                       .progress = [&](const TrainProgress& at) { line.show(at); },
                                                       .warn = shell::warn});
  line.clear();
  print_result(result, options.json);
}

int run(int argc, char** argv) {
  shell::Verb program("scheduled train", train_meaning);
  TrainOptions options;
  options.add_to(program);
  program.run([&] { train_as(options); });
  return shell::run_program(program, {}, argc, argv);
}

}  // namespace
}  // namespace scheduled::trainer

int main(int argc, char** argv) {
  return scheduled::shell::guarded([&] { return scheduled::trainer::run(argc, argv); });
}
