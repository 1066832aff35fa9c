// The bound along runs that have ended, from their logs: what the picture at the top of README.md is drawn from.
#include <scheduled/along.hpp>
#include <scheduled/design.hpp>

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>

namespace {

using scheduled::Schedule;

/// A log of every 50th step from `first` on, its losses made up.
void write_log(const std::string& file, const Schedule& schedule, std::int64_t first) {
  std::ofstream out(file);
  out << "step,lr,val_loss\n";
  for (std::int64_t step = first; step <= 1000; step += 50) {
    const double lr = schedule.lr(step - 1);
    out << step << ',' << lr << ',' << 3.0 + 20.0 / static_cast<double>(step) + 100.0 * lr << '\n';
  }
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path();
  std::filesystem::create_directories(folder / "scheduled-along");
  std::filesystem::current_path(folder / "scheduled-along");
  write_log("cosine.csv", Schedule::parse("cosine(steps=1001, peak=1e-3)"), 50);
  write_log("stable.csv", Schedule::parse("constant(peak=5e-4)"), 50);
  write_log("wsd.csv", Schedule::parse("wsd(steps=1001, cooldown=20%, peak=5e-4)"), 800);

  const scheduled::RunBound cosine = scheduled::bound_along(scheduled::read_log("cosine.csv"));
  const scheduled::RunBound wsd = scheduled::bound_along(scheduled::read_run({"wsd.csv", {"stable.csv"}}));
  // x: step; y: loss, and bound/distance below it

  std::cout << std::setprecision(4);
  for (const auto& run : {cosine, wsd}) {
    std::cout << run.name << "\n";
    for (std::size_t k = 3; k < run.step.size(); k += 4) {
      std::cout << "  " << run.step[k] << "  loss " << run.loss[k] << "  bound/D " << run.bound[k] / run.distance
                << "\n";
    }
  }
  std::filesystem::remove_all(folder / "scheduled-along");
}
