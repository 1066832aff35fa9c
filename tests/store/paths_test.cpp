// A store is bound to its folder: neither chdir nor another folder of the same name makes it write elsewhere.
#include <gtest/gtest.h>
#include <unistd.h>

#include "scheduled/anytime.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;

const Schedule trunk = Schedule::parse("constant(warmup=10, peak=1e-3)");

class Paths : public ::testing::Test {
 protected:
  Paths() {
    for (const char* const name : {"A", "B"}) fs::create_directory(folder / name);
  }
  ~Paths() override { fs::current_path(before); }

  const fs::path before = fs::current_path();
  TemporaryFolder folder;
};

TEST_F(Paths, ChangingTheWorkingFolderChangesNothing) {
  fs::current_path(folder / "A");
  RunStore store = RunStore::init("run", trunk);
  commit_weights(store, 5);
  fs::current_path(folder / "B");
  {
    RunStore other = RunStore::init("run", trunk);
    commit_weights(other, 7);
    commit_weights(store, 10);
    EXPECT_TRUE(store.verify().notes.empty());
    EXPECT_TRUE(other.verify().notes.empty());
  }
  EXPECT_TRUE(fs::exists(folder / "A" / "run" / "checkpoints" / "trunk-10"));
  EXPECT_FALSE(fs::exists(folder / "B" / "run" / "checkpoints" / "trunk-10"));
  EXPECT_EQ(store.gc(1).deleted.size(), 1U);
  const Resume resume = store.resume({});
  EXPECT_EQ(read_text(resume.folder / "model.bin"), weights("trunk", 10));
  EXPECT_TRUE(resume.folder.is_absolute());
}

TEST_F(Paths, AFolderThatWasMovedOrReplacedIsRefused) {
  RunStore store = RunStore::init(folder / "run", trunk);
  commit_weights(store, 5);
  fs::rename(folder / "run", folder / "moved");
  const auto refused = [&](const auto& call) {
    EXPECT_TRUE(has(store_error_of(call), "is not the folder that was opened any more"));
  };
  refused([&] { commit_weights(store, 10); });
  refused([&] { store.gc(1); });
  refused([&] { store.verify(); });
  {
    RunStore other = RunStore::init(folder / "run", trunk);
    commit_weights(other, 20);
    refused([&] { commit_weights(store, 10); });
    refused([&] { store.resume({}); });
    refused([&] { store.attach_data({.step = 5, .text = "x"}); });
    EXPECT_TRUE(other.verify().notes.empty());
    EXPECT_EQ(other.record().checkpoints.size(), 1U);
  }
  fs::remove_all(folder / "run");
  fs::rename(folder / "moved", folder / "run");
  commit_weights(store, 10);
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(Paths, AFolderThatIsReplacedDuringACommitGetsNothingIntoTheRecord) {
  RunStore store = RunStore::init(folder / "run", trunk);
  EXPECT_TRUE(has(store_error_of([&] {
                    store.commit({.step = 5}, [&](const fs::path& to) {
                      write_text(to / "model", "x");
                      fs::rename(folder / "run", folder / "moved");
                      RunStore::init(folder / "run", trunk);
                      fs::create_directory(folder / "run" / "staging" / "commit");
                      write_text(folder / "run" / "staging" / "commit" / "model", "of another");
                    });
                  }),
                  "is not the folder that was opened any more"));
  EXPECT_EQ(RunStore::open(folder / "moved", Access::read).record().checkpoints.size(), 0U);
  EXPECT_EQ(RunStore::open(folder / "run", Access::read).record().checkpoints.size(), 0U);
}

TEST_F(Paths, ReadersOfAFolderThatIsGoneSaySo) {
  RunStore::init(folder / "run", trunk);
  const RunStore reader = RunStore::open(folder / "run", Access::read);
  fs::remove_all(folder / "run");
  EXPECT_TRUE(has(store_error_of([&] { reader.record(); }), "is not the folder that was opened any more"));
}

TEST_F(Paths, RunsAreMadeInFoldersThatAreEmpty) {
  fs::current_path(folder / "A");
  {
    RunStore store = RunStore::init(".", trunk);
    commit_weights(store, 5);
  }
  EXPECT_EQ(RunStore::open(folder / "A", Access::read).record().line("trunk").step, 5);
  fs::create_symlink(folder / "B", folder / "link");
  {
    RunStore store = RunStore::init(folder / "link", trunk);
    commit_weights(store, 5);
  }
  EXPECT_EQ(RunStore::open(folder / "B" / "", Access::read).record().line("trunk").step, 5);
  EXPECT_TRUE(has(error_of([&] { RunStore::init(folder / "B", trunk); }), "is a run already"));
  // An init that died leaves no run, and nothing that stands in the way of the next.
  fs::create_directories(folder / "died" / "record.1.part" / "record");
  fs::create_directory(folder / "died" / "checkpoints");
  EXPECT_TRUE(has(error_of([&] { RunStore::open(folder / "died", Access::read); }), "is not a run folder"));
  RunStore::init(folder / "died", trunk);
  fs::create_directory(folder / "used");
  write_text(folder / "used" / "x", "x");
  EXPECT_TRUE(has(error_of([&] { RunStore::init(folder / "used", trunk); }), "must be missing or an empty folder"));
}

TEST_F(Paths, TwoDotsBehindALinkLeadWhereTheSystemGoes) {
  fs::create_directories(folder / "B" / "inner");
  fs::create_directory_symlink(folder / "B" / "inner", folder / "A" / "link");
  RunStore::init(folder / "A" / "run", trunk);
  {
    RunStore store = RunStore::init(folder / "A" / "link" / ".." / "run", trunk);
    commit_weights(store, 5);
  }
  EXPECT_EQ(RunStore::open(folder / "B" / "run" / ".", Access::read).record().checkpoints.size(), 1U);
  EXPECT_EQ(RunStore::open(folder / "A" / "link" / ".." / "run" / "", Access::read).record().checkpoints.size(), 1U);
  EXPECT_EQ(RunStore::open(folder / "A" / "run", Access::read).record().checkpoints.size(), 0U);
  EXPECT_TRUE(has(error_of([&] { RunStore::init("", trunk); }), "folder = ''"));
}

TEST_F(Paths, AWorkingFolderThatIsGoneIsAnError) {
  fs::create_directory(folder / "gone");
  fs::current_path(folder / "gone");
  fs::remove(folder / "gone");
  EXPECT_TRUE(has(store_error_of([&] { RunStore::init("run", trunk); }), "No such file or directory"));
}

TEST_F(Paths, LongPathsAreTaken) {
  fs::path deep = folder.path();
  while (deep.string().size() < 900) deep /= std::string(100, 'd');
  fs::create_directories(deep);
  RunStore store = RunStore::init(deep / "run", trunk);
  commit_weights(store, 5);
  EXPECT_EQ(store.resume({}).step, 5);
}

}  // namespace
}  // namespace scheduled
