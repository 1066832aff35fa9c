// The record: damage is found whatever it hits, torn ends are no damage, and repair rebuilds what is known elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "anytime/journal.hpp"
#include "anytime/segment.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/error.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using Access = RunStore::Access;

const Schedule trunk = Schedule::parse("rsqrt(warmup=5, peak=1e-3)");

/// A run with all that a record can hold, closed.
void make_run(const fs::path& run) {
  RunStore store = RunStore::init(run, trunk, {.code_version = "v1", .data = "books"});
  for (const std::int64_t step : {10, 20, 30}) {
    for (std::int64_t k = step - 9; k <= step; ++k) {
      store.log("trunk", std::vector<Metric>{{k, "train_loss", 3.0 + 1.0 / double(k)}, {k, "grad norm, \xff", 0.5}});
    }
    store.flush();
    store.commit({.step = step, .data_position = "shard " + std::to_string(step), .rng_state = "\x01\xfe\n"},
                 [&](const fs::path& to) { write_text(to / "model", weights("trunk", step)); });
  }
  store.branch({.name = "b", .step = 20, .cooldown = {steps(10), LinearDecay{}, {}}});
  store.resume({.line = "b"});
  store.commit({.line = "b", .step = 30}, [&](const fs::path& to) { write_text(to / "model", "b"); });
  store.resume({.schedule = Schedule::parse("rsqrt(warmup=5, peak=2e-3)"), .override_schedule = true});
  store.attach_data({.step = 30, .text = "code"});
  store.commit({.step = 40}, [&](const fs::path& to) { write_text(to / "model", "40"); });
  store.gc(2);
}

/// All that a reader can tell; an error's text where there is one.
std::string tale(const fs::path& run) {
  try {
    RunStore store = RunStore::open(run, Access::read);
    const RunRecord record = store.record();
    std::string out;
    for (const RecordedSession& session : record.sessions) {
      out += session.line + " " + std::to_string(session.start) + " " + print(session.schedule) + " " +
             session.code_version + " " + std::to_string(session.time) + "\n";
    }
    for (const RecordedCheckpoint& c : record.checkpoints) {
      out += c.line + " " + std::to_string(c.step) + " " + std::to_string(static_cast<int>(c.state)) + c.folder +
             c.data_position + c.rng_state + c.code_version + std::to_string(c.time) + "\n";
    }
    for (const RecordedData& data : record.data) out += data.line + std::to_string(data.step) + data.text + "\n";
    for (const RecordedLine& line : record.lines) {
      const RunLog log = store.log_of(line.name);
      for (const auto& [name, column] : log.column) {
        for (const double value : column) out += name + " " + format_number(value) + " ";
      }
      if (!line.finished) out += std::to_string(store.resume({.line = line.name, .dry_run = true}).step);
    }
    return out;
  } catch (const std::exception& error) {
    return std::string("error: ") + error.what();
  }
}

bool said_sound(const fs::path& run) {
  try {
    return RunStore::open(run, Access::read).verify().sound();
  } catch (const std::exception&) {
    return false;
  }
}

TEST(Record, EveryFlippedBitIsFound) {
  const char* const asked = std::getenv("SCHEDULED_FLIPS");     // NOLINT: one thread
  const int flips = asked != nullptr ? std::atoi(asked) : 400;  // NOLINT: of our tests
  const TemporaryFolder folder;
  make_run(folder / "run");
  const std::string truth = tale(folder / "run");
  ASSERT_TRUE(said_sound(folder / "run"));
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder / "run")) {
    const std::string name = entry.path().filename();
    if (entry.is_regular_file() && name != "lock" && name != "reserve") files.push_back(entry.path());
  }
  const char* const seed = std::getenv("SCHEDULED_SEED");  // NOLINT: one thread
  std::mt19937_64 random(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20261126);
  int missed = 0;
  for (int k = 0; k < flips; ++k) {
    // Half of them in the record, the others anywhere.
    const fs::path file = k % 2 == 0 ? folder / "run" / "record" / "000001" : files[random() % files.size()];
    const std::string before = read_text(file);
    std::string text = before;
    const std::size_t at = random() % text.size();
    text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << (random() % 8U)));
    write_text(file, text);
    if (said_sound(folder / "run")) {
      ++missed;
      ADD_FAILURE() << file << " byte " << at << (tale(folder / "run") == truth ? "" : " and readers differ");
    }
    write_text(file, before);
  }
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(tale(folder / "run"), truth);
}

anytime::EntryLine last_entry(std::string_view record) {
  anytime::EntryLine last;
  for (std::size_t at = anytime::head_bytes; at < record.size();) {
    last = anytime::parse_entry_line(record.substr(at)).value();
    at += anytime::entry_line_bytes + static_cast<std::size_t>(last.size);
  }
  return last;
}

TEST(Record, WhatNoStoreWroteBehindTheLastEntryIsFoundHoweverShort) {
  const TemporaryFolder folder;
  make_run(folder / "run");
  const fs::path file = folder / "run" / "record" / "000001";
  const std::string whole = read_text(file);
  const std::string truth = tale(folder / "run");
  const anytime::EntryLine last = last_entry(whole);
  std::string hash = last.hash;
  const std::string skipping = anytime::entry_bytes(anytime::EntryKind::facts, last.number + 2, "{}", hash);
  hash = anytime::no_hash();
  const std::string elsewhere = anytime::entry_bytes(anytime::EntryKind::facts, last.number + 1, "{}", hash);
  for (const std::string& tail :
       {std::string("\n"), std::string("x"), std::string("garbage\n"), std::string(5, '\0'), std::string(111, ' '),
        std::string(300, 'x'), std::string("m 12"), skipping.substr(0, 20), skipping.substr(0, 112),
        elsewhere.substr(0, 100), elsewhere.substr(0, 112)}) {
    write_text(file, whole + tail);
    EXPECT_FALSE(said_sound(folder / "run")) << tail;
    EXPECT_EQ(tale(folder / "run"), truth) << "readers go by what is whole: " << tail;
  }
  RunStore::repair(folder / "run");
  EXPECT_TRUE(said_sound(folder / "run"));
}

TEST(Record, AnEndThatWasCutOffIsNoDamageAndWhatWasSyncedIs) {
  const TemporaryFolder folder;
  make_run(folder / "run");
  const fs::path file = folder / "run" / "record" / "000001";
  const std::string whole = read_text(file);
  const std::string truth = tale(folder / "run");
  const anytime::EntryLine last = last_entry(whole);
  std::string hash = last.hash;
  const std::string entry =
      anytime::entry_bytes(anytime::EntryKind::metrics, last.number + 1, std::string(200, 'x'), hash);
  for (std::size_t more = 1; more < entry.size(); ++more) {  // a kill in the middle of a write
    write_text(file, whole + entry.substr(0, more));
    EXPECT_TRUE(said_sound(folder / "run")) << more;
    if (more % 50 != 1) continue;
    EXPECT_EQ(tale(folder / "run"), truth) << more;
  }
  {
    RunStore store = RunStore::open(folder / "run", Access::write);
    commit_weights(store, 50);
    EXPECT_TRUE(store.verify().sound());
  }
  EXPECT_TRUE(fs::exists(folder / "run" / "record" / "000002")) << "what was cut off stays, and is void";
  EXPECT_EQ(RunStore::open(folder / "run", Access::read).record().line("trunk").step, 50);
  fs::remove(folder / "run" / "record" / "000002");
  for (const std::size_t less : {1U, 100U, 700U}) {
    write_text(file, whole.substr(0, whole.size() - less));
    EXPECT_FALSE(said_sound(folder / "run")) << less;
    EXPECT_TRUE(has(tale(folder / "run"), "error: ")) << less;
  }
}

TEST(Record, RepairKeepsWhatIsIntactAndAsksTheCheckpoints) {
  const TemporaryFolder folder;
  make_run(folder / "run");
  const fs::path file = folder / "run" / "record" / "000001";
  const std::string whole = read_text(file);
  const RunRecord before = RunStore::open(folder / "run", Access::read).record();
  // Every entry in turn.
  int rebuilt = 0;
  for (std::size_t at = anytime::head_bytes; at < whole.size();) {
    const auto line = anytime::parse_entry_line(std::string_view(whole).substr(at));
    ASSERT_TRUE(line);
    SCOPED_TRACE(line->number);
    std::string text = whole;
    text[at + anytime::entry_line_bytes + 5] = static_cast<char>(text[at + anytime::entry_line_bytes + 5] ^ 2);
    write_text(file, text);
    at += anytime::entry_line_bytes + static_cast<std::size_t>(line->size);
    RepairReport report;
    try {
      const auto size = fs::file_size(file);
      RunStore::repair(folder / "run", true);
      EXPECT_EQ(fs::file_size(file), size);
      report = RunStore::repair(folder / "run");
    } catch (const StoreError& error) {
      ADD_FAILURE() << error.what();
    }
    EXPECT_TRUE(report.changed);
    EXPECT_FALSE(report.lost.empty());
    const RunStore store = RunStore::open(folder / "run", Access::read);
    EXPECT_TRUE(store.verify().sound());
    const RunRecord after = store.record();
    for (const RecordedCheckpoint& checkpoint : before.checkpoints) {
      const auto same = std::find_if(after.checkpoints.begin(), after.checkpoints.end(),
                                     [&](const auto& other) { return other.id == checkpoint.id; });
      if (checkpoint.state == RecordedCheckpoint::State::deleted) continue;
      ASSERT_NE(same, after.checkpoints.end());
      EXPECT_EQ(same->files, checkpoint.files);
      EXPECT_EQ(same->rng_state, checkpoint.rng_state);
    }
    rebuilt += report.recovered.empty() ? 0 : 1;
    fs::remove(folder / "run" / "record" / "000002");
    // The facts of the checkpoints were written for the repaired record.
    for (const auto& entry : fs::directory_iterator(folder / "run" / "checkpoints")) {
      EXPECT_TRUE(fs::exists(entry.path() / ".scheduled.json"));
    }
    write_text(file, whole);
  }
  EXPECT_GE(rebuilt, 4);
  EXPECT_FALSE(RunStore::repair(folder / "run").changed);
}

TEST(Record, RepairWritesFactsThatWereDamaged) {
  const TemporaryFolder folder;
  make_run(folder / "run");
  const fs::path facts = folder / "run" / "checkpoints" / "trunk-40" / ".scheduled.json";
  const std::string whole = read_text(facts);
  flip_byte(facts);
  EXPECT_TRUE(
      has(RunStore::open(folder / "run", Access::read).verify().problems.at(0), "scheduled run repair writes it"));
  EXPECT_EQ(RunStore::repair(folder / "run").facts_written, 1);
  EXPECT_TRUE(said_sound(folder / "run"));
  fs::remove(folder / "run" / "record" / "000001");
  EXPECT_FALSE(said_sound(folder / "run"));
}

TEST(Record, DamagedMetricsStopExportsAndNothingElse) {
  const TemporaryFolder folder;
  make_run(folder / "run");
  const fs::path file = folder / "run" / "record" / "000001";
  std::string text = read_text(file);
  const std::size_t row = text.find("1 15 0 ");
  ASSERT_NE(row, std::string::npos);
  text[row + 8] = static_cast<char>(text[row + 8] ^ 1);
  write_text(file, text);
  RunStore store = RunStore::open(folder / "run", Access::write);
  EXPECT_TRUE(has(store_error_of([&] { store.log_of("trunk"); }), "metrics, is damaged; scheduled run repair"));
  EXPECT_FALSE(store.verify().sound());
  EXPECT_EQ(store.resume({}).step, 40);
  commit_weights(store, 50);
}

TEST(Record, ReadersSeeCommittedStatesWithoutWriting) {
  const TemporaryFolder folder;
  RunStore writer = RunStore::init(folder / "run", trunk);
  const RunStore reader = RunStore::open(folder / "run", Access::read);
  for (const std::int64_t step : {10, 20, 30}) {
    commit_weights(writer, step);
    EXPECT_EQ(reader.record().line("trunk").step, step);
    EXPECT_TRUE(reader.verify().notes.empty());
  }
  writer.log("trunk", std::vector<Metric>{{31, "loss", 1.0}});
  EXPECT_EQ(reader.log_of("trunk").rows(), 0U);
  writer.flush();
  EXPECT_EQ(reader.log_of("trunk").rows(), 1U);
  writer.gc(1);
  EXPECT_EQ(reader.record().checkpoints[0].state, RecordedCheckpoint::State::deleted);
}

TEST(Record, AnotherWritersWorkIsNotOverwritten) {
  const TemporaryFolder folder;
  RunStore store = RunStore::init(folder / "run", trunk);
  const fs::path file = folder / "run" / "record" / "000001";
  write_text(file, read_text(file) + "x");  // somebody who did not ask for the lock
  EXPECT_TRUE(has(store_error_of([&] { commit_weights(store, 10); }), "has been written by another process"));
}

}  // namespace
}  // namespace scheduled
