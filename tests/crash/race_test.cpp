// Readers beside a writer in another process: always one committed state, never a false alarm.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <random>

#include "crash/process.hpp"
#include "scheduled/anytime.hpp"
#include "support/temporary_folder.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

int asked_for(const char* variable, int otherwise) {
  const char* const text = std::getenv(variable);        // NOLINT: one thread
  return text != nullptr ? std::atoi(text) : otherwise;  // NOLINT: of our tests
}

constexpr int rows_at_once = 7;

/// Commits, logs and deletes until it is killed; what it has done, and is about to do, is in `said`.
[[noreturn]] void write_for_ever(const fs::path& run, const fs::path& said) {
  const int file = ::open(said.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  const auto say = [&](const std::string& line) {
    [[maybe_unused]] const auto size = ::write(file, (line + "\n").data(), line.size() + 1);
  };
  RunStore store = RunStore::open(run, RunStore::Access::write);
  for (std::int64_t step = 10;; step += 10) {
    std::vector<Metric> rows;
    for (int k = 0; k < rows_at_once; ++k) rows.push_back({step - k, "loss", static_cast<double>(step)});
    store.log("trunk", rows);
    say("begin " + std::to_string(step));
    store.commit({.step = step}, [&](const fs::path& to) {
      write_text(to / "model", weights("trunk", step));
      write_text(to / "other", std::string(3000, 'x'));
    });
    say("done " + std::to_string(step));
    store.gc(1);
  }
}

class Writer {
 public:
  Writer(const fs::path& run, const fs::path& said) : process_(::fork()), said_(said) {
    if (process_ == 0) write_for_ever(run, said);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  /// The last step of this word that was said so far.
  std::int64_t last(const std::string& word) const {
    std::istringstream lines(read_text(said_));
    std::int64_t out = 0, step = 0;
    for (std::string what; lines >> what >> step;) out = what == word ? step : out;
    return out;
  }

 private:
  pid_t process_;
  fs::path said_;
};

TEST(Race, ReadersSeeCommittedStatesOnly) {
  const int wanted = asked_for("SCHEDULED_RACE_VERIFIES", 100);
  const TemporaryFolder folder;
  { const RunStore made = RunStore::init(folder / "run", Schedule::parse("constant(peak=1)")); }
  const Writer writer(folder / "run", folder / "said");
  while (writer.last("done") == 0) ::usleep(1000);
  RunStore old = RunStore::open(folder / "run", RunStore::Access::read);
  for (int k = 0; k < wanted; ++k) {
    SCOPED_TRACE(k);
    if (k % 3 == 0) old = RunStore::open(folder / "run", RunStore::Access::read);
    const std::int64_t done = writer.last("done");
    const RunRecord record = old.record();
    const std::int64_t begun = writer.last("begin");
    const std::int64_t step = record.line("trunk").step;
    ASSERT_GE(step, done);
    ASSERT_LE(step, begun);
    ASSERT_EQ(static_cast<std::int64_t>(record.checkpoints.size()), step / 10) << "ids without a gap";
    const RunLog log = old.log_of("trunk");
    ASSERT_EQ(log.rows() % rows_at_once, 0U);
    ASSERT_GE(static_cast<std::int64_t>(log.rows()) / rows_at_once, step / 10);
    const VerifyReport report = old.verify();
    ASSERT_TRUE(report.sound()) << report.problems.front();
    const Resume resume = old.resume({.dry_run = true});
    ASSERT_GE(resume.step, done);
    ASSERT_TRUE(resume.damaged.empty()) << resume.damaged.front();
  }
}

}  // namespace
}  // namespace scheduled
