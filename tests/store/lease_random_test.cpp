// Writers with leases that are stopped and killed at random: every promise is kept.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "store/lease_fixture.hpp"

namespace scheduled::lease_tests {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;

/// Opens, commits a few, says what was promised, and again, whatever others do; never ends by itself.
int contend(const fs::path& run, int said, int own) {
  for (int count = 0;; ++count) {
    try {
      RunStore store = RunStore::open(run, Access::write, {.lease = 0.04});
      for (int k = 0; k < 3; ++k) {
        const std::int64_t step = store.record().line("trunk").step + 1;
        const std::string text = std::to_string(step) + " " + std::to_string(own) + " " + std::to_string(count);
        store.commit({.step = step}, [&](const fs::path& to) { write_text(to / "model.bin", text); });
        const std::string line = text + "\n";
        if (::write(said, line.data(), line.size()) < 0) return 1;
      }
    } catch (const StoreError&) {
      ::usleep(2000);
    }
  }
}

TEST_P(Lease, NothingThatWasPromisedIsLostWhoeverStopsOrDies) {
  init();
  constexpr int writers = 4;
  constexpr int rounds = 150;
  std::FILE* const file = std::fopen((folder / "said").c_str(), "a");
  const int said = ::fileno(file);
  std::vector<pid_t> children(writers);
  int started = 0;
  const auto start = [&] { return in_child([&, own = ++started] { return contend(run, said, own); }); };
  for (pid_t& child : children) child = start();
  std::mt19937_64 random(20261127);
  int stops = 0;
  for (int round = 0; round < rounds; ++round) {
    pid_t& child = children[random() % writers];
    if (random() % 3 == 0) {
      ::kill(child, SIGKILL);
      status_of(child);
      child = start();
    } else {
      ::kill(child, SIGSTOP);
      ++stops;
    }
    ::usleep(static_cast<useconds_t>(random() % 60000));
    for (const pid_t each : children) {
      if (random() % 2 == 0) ::kill(each, SIGCONT);
    }
  }
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    status_of(child);
  }
  std::fclose(file);
  std::map<std::int64_t, std::string> promised;
  std::istringstream lines(read_text(folder / "said"));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(promised.emplace(std::stoll(line), line).second) << "a step was promised twice: " << line;
  }
  const RunStore store = RunStore::open(run, Access::read);
  for (const std::string& problem : store.verify().problems) ADD_FAILURE() << problem;
  std::map<std::int64_t, std::string> there;
  for (const RecordedCheckpoint& checkpoint : store.record().checkpoints) {
    there[checkpoint.step] = read_text(run / checkpoint.folder / "model.bin");
  }
  for (const auto& [step, text] : promised) EXPECT_EQ(there[step], text);
  EXPECT_GE(promised.size(), 20U);
  EXPECT_GE(stops, rounds / 2);
  EXPECT_TRUE(fs::exists(run / "record/000004")) << "the run was taken over again and again";
}

}  // namespace
}  // namespace scheduled::lease_tests
