// A training program on the run store: it goes on where it was, whatever happened to it. See docs/guide/anytime.md.
#include <scheduled/anytime.hpp>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

namespace fs = std::filesystem;
using namespace scheduled;

/// Trains a model of one number to `until` steps on a line of the run.
void train(RunStore& store, const std::string& line, std::int64_t until) {
  const Resume resume = store.resume({.line = line});
  double model = 2.0;
  if (!resume.folder.empty()) std::ifstream(resume.folder / "model") >> model;
  for (std::int64_t step = resume.step; step < until;) {
    const double gradient = model + std::sin(static_cast<double>(7 * step));
    model -= resume.schedule.lr(step) * gradient;
    ++step;  // finished updates
    store.log(line, std::vector<Metric>{{step, "train_loss", 0.5 * model * model}});
    if (step % 200 != 0 && step != until) continue;
    store.commit({.line = line, .step = step}, [&](const fs::path& folder) {
      std::ofstream stream(folder / "model");
      stream.precision(17);
      stream << model;
      stream.close();
      if (!stream) throw StoreError("model: cannot be written");
    });
  }
}

}  // namespace

int main() {
  const fs::path folder = fs::temp_directory_path() / ("scheduled-example-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  {
    const Schedule trunk = Schedule::parse("rsqrt(warmup=50, peak=0.5)");
    RunStore store = RunStore::init(folder, trunk);
    train(store, "trunk", 800);
    store.branch({.name = "result", .step = 800, .cooldown = {percent(20), OneMinusSqrtDecay{}, {}}});
    train(store, "result", 1000);
    train(store, "trunk", 1000);  // as if nothing had happened
    for (const RecordedLine& line : store.record().lines) {
      std::cout << line.name << " at step " << line.step << ", " << store.log_of(line.name).rows() << " rows"
                << (line.finished ? ", finished" : "") << "\n";
    }
    std::cout << (store.verify().sound() ? "sound\n" : "damaged\n");
  }
  fs::remove_all(folder);
}
