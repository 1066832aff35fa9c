// Checkpoints that another system wrote and that stay where they are, and files that are not copied.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "anytime/external.hpp"
#include "fuzz/listing_target.hpp"
#include "fuzz/replay.hpp"
#include "scheduled/merge.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;
using anytime::ExternalFile;

/// A folder as torch.distributed.checkpoint leaves it.
fs::path dcp_at(const fs::path& folder, char shard = 's') {
  fs::create_directories(folder / "more");
  write_text(folder / "__0_0.distcp", std::string(3000, shard));
  write_text(folder / "more" / "__1_0.distcp", std::string(500, shard));
  write_text(folder / ".metadata", "which tensor is where");
  return folder;
}

class External : public ::testing::Test {
  const TemporaryFolder folder_;

 protected:
  RunStore store = RunStore::init(folder_ / "run", Schedule::parse("constant(warmup=5, peak=1e-3)"));
  const fs::path outside = folder_ / "outside";
  fs::path run() const { return folder_ / "run"; }
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  RecordedCheckpoint commit(std::int64_t step, const ExternalRequest& request) {
    return store.commit_external({.step = step, .keep = step == 10}, request);
  }
  std::string refused(const ExternalRequest& request) {
    std::string text = error_of([&] { commit(90, request); });
    EXPECT_TRUE(fs::is_empty(run() / "staging"));
    return text;
  }
};

TEST_F(External, IsRecordedWithItsFilesAndItsMarker) {
  EXPECT_EQ(store.record().version, 2);
  const RecordedCheckpoint made = commit(10, {.uri = dcp_at(outside).string() + "/"});
  ASSERT_TRUE(made.external);
  EXPECT_EQ(*made.external, (RecordedExternal{outside.string(), ExternalKind::dcp, ".metadata",
                                              anytime::sum_text("which tensor is where"), 3, 3521}));
  ASSERT_EQ(made.files.size(), 1U);
  EXPECT_EQ(made.files[0].name, "external.json");
  const anytime::Manifest manifest = anytime::parse_manifest(read_text(run() / made.folder / "external.json"));
  EXPECT_EQ(manifest.external, *made.external);
  EXPECT_EQ(manifest.files,
            (std::vector<ExternalFile>{{".metadata", 21}, {"__0_0.distcp", 3000}, {"more/__1_0.distcp", 500}}));
  EXPECT_EQ(store.record().version, 4) << "an earlier version would hand out a folder without the model";
  EXPECT_EQ(RunStore::open(run(), RunStore::Access::read).record().checkpoints[0], made);
  const Resume resume = store.resume({});
  EXPECT_EQ(std::tuple(resume.step, resume.folder), std::tuple(10, outside));
  const VerifyReport report = store.verify();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(std::tuple(report.external, report.files), std::tuple(1, 1));
  EXPECT_TRUE(report.notes.empty());
}

TEST_F(External, WhatIsThereIsComparedAndWhatIsNotIsPassedOver) {
  commit_weights(store, 5);
  commit(10, {.uri = dcp_at(outside).string()});
  const auto says = [&](const char* text) {
    const VerifyReport report = store.verify();
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_TRUE(has(report.problems[0], text));
    EXPECT_EQ(store.resume({.dry_run = true}).step, 5);
    EXPECT_EQ(report.external, 0);
  };
  fs::rename(outside, at("away"));
  says("checkpoint trunk at step 10 is not available: ");
  says("outside/.metadata is missing");
  fs::rename(at("away"), outside);
  write_text(outside / "__0_0.distcp", "short");
  says("is damaged: ");
  says("outside/__0_0.distcp has 5 bytes, not 3000");
  dcp_at(outside, 't');  // of the same sizes: only the marker's bytes are on record
  EXPECT_TRUE(store.verify().sound());
  write_text(outside / ".metadata", "which tensor is Where");
  says("outside/.metadata has another checksum than when it was committed");
  dcp_at(outside);
  write_text(run() / "checkpoints" / "trunk-10" / "external.json", "{}");
  says("checkpoints/trunk-10/external.json has 2 bytes, not ");
}

TEST_F(External, AllKindsAreToldByTheirMarkers) {
  const auto kind_of = [&](const std::string& name, const std::string& marker, const std::string& asked = {}) {
    const fs::path folder = at(name);
    fs::create_directory(folder);
    write_text(folder / "data", "bytes");
    write_text(folder / marker, marker.ends_with("json") ? R"({"weight_map": {"x": "data"}})" : "");
    return anytime::manifest_of({.uri = "file://" + folder.string(), .marker = asked}, run()).external;
  };
  EXPECT_EQ(kind_of("a", ".metadata").kind, ExternalKind::dcp);
  for (const char* const marker : {"commit_success.txt", "orbax.checkpoint", "_CHECKPOINT_METADATA"}) {
    EXPECT_EQ(kind_of(std::string("orbax-") + marker, marker).kind, ExternalKind::orbax);
  }
  const RecordedExternal index = kind_of("b", "model.safetensors.index.json");
  EXPECT_EQ(std::tuple(index.kind, index.marker, index.uri),
            std::tuple(ExternalKind::safetensors, "model.safetensors.index.json", at("b").string()));
  EXPECT_EQ(kind_of("c", "DONE", "DONE").kind, ExternalKind::other);
  EXPECT_EQ(kind_of("d", ".metadata", ".metadata").kind, ExternalKind::dcp);
}

TEST_F(External, LinksToFilesAreFilesAndLinksToFoldersAreRefused) {  // as caches of models have them
  dcp_at(outside);
  write_text(at("blob"), "four");
  fs::create_symlink(at("blob"), outside / "linked");
  const RecordedCheckpoint made = commit(10, {.uri = outside.string()});
  EXPECT_EQ(std::tuple(made.external->files, made.external->bytes), std::tuple(4, 3525));
  fs::create_symlink(at("blob"), dcp_at(at("other")) / "linked");
  fs::create_symlink(at("other"), at("by-link"));
  EXPECT_EQ(commit(20, {.uri = at("by-link").string()}).external->files, 4);
  fs::create_directory_symlink("..", outside / "back");
  EXPECT_TRUE(has(error_of([&] { commit(30, {.uri = outside.string() + "/"}); }), "back: is a link to a folder"));
  write_text(at("blob"), "fives");
  EXPECT_EQ(store.verify().problems.size(), 2U);
}

TEST_F(External, BadInputIsNamedAndLeavesNothing) {
  EXPECT_TRUE(has(refused({}), "external: is empty"));
  EXPECT_TRUE(has(refused({.uri = outside.string()}), "no such folder"));
  EXPECT_TRUE(has(refused({.uri = "remote:bucket/400", .listing = "21 .metadata\n"}), "is no URI; what has a listing"));
  fs::create_directory(outside);
  EXPECT_TRUE(has(refused({.uri = outside.string()}), "has no file that says it is complete: .metadata"));
  EXPECT_TRUE(has(refused({.uri = outside.string(), .marker = "DONE"}), "marker = DONE: is no file of"));
  write_text(outside / "model.safetensors.index.json", R"({"weight_map": {"x": "gone.safetensors"}})");
  EXPECT_TRUE(
      has(refused({.uri = outside.string()}), "has no gone.safetensors, which model.safetensors.index.json names"));
  write_text(outside / "model.safetensors.index.json", "[]");
  EXPECT_TRUE(has(refused({.uri = outside.string()}), "index.json: "));
  EXPECT_TRUE(has(refused({.uri = (outside / "model.safetensors.index.json").string()}), "must be a folder"));
  EXPECT_TRUE(has(refused({.uri = at("").string()}), "must not hold the run's own folder"));
  fs::create_directories(run() / "staging");
  EXPECT_TRUE(has(refused({.uri = (run() / "checkpoints").string()}), "is in the run's own checkpoints"));
  dcp_at(at("step.orbax-checkpoint-tmp-17"));
  EXPECT_TRUE(
      has(refused({.uri = at("step.orbax-checkpoint-tmp-17").string()}), "what orbax writes to before it commits"));
  EXPECT_TRUE(has(refused({.uri = "s3://bucket/a"}), "cannot be read here; give its files with --listing"));
  EXPECT_TRUE(has(refused({.uri = "s3://bucket/a", .listing = ""}), "listing: has no files"));
  EXPECT_TRUE(has(refused({.uri = "s3://", .listing = "1 .metadata"}), "must name a folder"));
  EXPECT_TRUE(has(refused({.uri = outside.string(), .listing = "1 .metadata"}), "this folder can"));
  EXPECT_TRUE(has(refused({.uri = "file://host/folder"}), "with no host"));
  commit(10, {.uri = dcp_at(at("dcp")).string()});
  EXPECT_TRUE(
      has(error_of([&] { commit(20, {.uri = at("dcp").string()}); }), "is on record as checkpoint trunk at step 10"));
  EXPECT_TRUE(has(error_of([&] { commit(10, {.uri = at("dcp").string()}); }), "must be above 10"));
  EXPECT_TRUE(has(error_of([&] {
                    store.merge({.name = "m", .weights = {{10, 0.5}, {20, 0.5}}});
                  }),
                  "its checkpoint is elsewhere"));
}

TEST(ExternalListing, AllFormsAreRead) {
  const std::vector<ExternalFile> wanted{{".metadata", 21}, {"__0_0.distcp", 3000}, {"a b/c", 5}};
  for (const char* const text : {
           "2026-11-27 10:00:00         21 runs/one/.metadata\n2026-11-27 10:00:01       3000 runs/one/__0_0.distcp\n"
           "2026-11-27 10:00:01          5 runs/one/a b/c\n\nTotal Objects: 3\n   Total Size: 3026\n",
           "      21  2026-11-27T10:00:00Z  s3://bucket/runs/one/.metadata\n"
           "    3000  2026-11-27T10:00:00Z  s3://bucket/runs/one/__0_0.distcp\n"
           "       5  2026-11-27T10:00:00Z  s3://bucket/runs/one/a b/c\nTOTAL: 3 objects, 3026 bytes (2.96 KiB)\n",
           "       21 2026-11-27 10:00:00.000000000 .metadata\r\n     3000 2026-11-27 10:00:00.000000000 "
           "__0_0.distcp\r\n"
           "        5 2026-11-27 10:00:00.000000000 a b/c\r\n",
           "5 a b/c\n3000 __0_0.distcp\n21 .metadata",
           "5 ./a b/c\n3000 ./__0_0.distcp\n21 ./.metadata\n",
           "21 .metadata\n0 a b/\n5 a b/c\n3000 __0_0.distcp\n",
       }) {
    EXPECT_EQ(anytime::parse_listing(text, "s3://bucket/runs/one"), wanted) << text;
  }
  const auto says = [](const char* text, const char* said) {
    EXPECT_TRUE(has(error_of([&] { anytime::parse_listing(text, "s3://bucket/runs/one"); }), said)) << text;
  };
  says("                           PRE more/\n", "listing, line 1: is a folder; list what is in it");
  says("21 .metadata\nmore\n", "listing, line 2: is no file");
  says("-3 x\n", "is no file");
  says("3 ../x\n", "is not below s3://bucket/runs/one");
  says("3 s3://other/x\n", "is not below");
  says("3 runs/one/x\n3 runs/one2/x\n", "has files that are not below s3://bucket/runs/one; list that alone");
  says("3 x\n4 x\n", "has 'x' twice");
}

TEST(FuzzCorpus, Listing) { fuzz::replay("listing", fuzz::listing); }

TEST_F(External, WhatCannotBeReachedIsSaidSo) {
  const RecordedCheckpoint made =
      commit(10, {.uri = "s3://bucket/runs/one/", .listing = "21 .metadata\n3000 __0_0.distcp\n"});
  EXPECT_EQ(*made.external, (RecordedExternal{"s3://bucket/runs/one", ExternalKind::dcp, ".metadata", "", 2, 3021}));
  const VerifyReport report = store.verify();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.external, 0);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_EQ(report.notes[0],
            "checkpoint trunk at step 10 is at s3://bucket/runs/one, which cannot be looked at from here; what it had "
            "is in checkpoints/trunk-10/external.json");
  EXPECT_EQ(store.resume({}).folder, fs::absolute(run()) / "checkpoints/trunk-10");
}

TEST_F(External, GcSaysWhatItCountsWithoutASight) {
  commit(1, {.uri = dcp_at(outside).string()});
  commit(2, {.uri = "s3://bucket/two", .listing = "21 .metadata\n"});
  const std::vector<std::string> notes = store.gc(1).notes;
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(
      notes[0],
      "checkpoint trunk at step 2 counts as sound: it is at s3://bucket/two, which cannot be looked at from here");
  commit(3, {.uri = dcp_at(at("three")).string()});
  EXPECT_EQ(store.gc(1).notes.size(), 1U) << "it is not asked for";
}

TEST_F(External, GcTouchesNothingOfItAndPrintsTheCommandsWhereItIsAsked) {
  const std::string odd = "it's\n$(touch gone)";
  commit(1, {.uri = dcp_at(at(odd)).string()});
  commit(2, {.uri = "s3://bucket/two", .listing = "21 .metadata\n"});
  commit(3, {.uri = "other://two", .listing = "21 .metadata\n"});
  commit(4, {.uri = "gs://bucket/four", .listing = "21 .metadata\n"});
  commit(10, {.uri = dcp_at(outside).string()});  // --keep
  commit(20, {.uri = dcp_at(at("last")).string()});
  GcReport report = store.gc(1);
  EXPECT_TRUE(report.deleted.empty() && report.commands.empty());
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_TRUE(has(report.notes[0], "4 checkpoints that are elsewhere, and needed by nothing, stay on record"));
  EXPECT_EQ(store.gc(1, true, true).commands.size(), 3U);
  EXPECT_EQ(store.record().checkpoints[0].state, RecordedCheckpoint::State::live) << "a dry run";
  report = store.gc(1, false, true);
  EXPECT_EQ(report.deleted.size(), 4U);
  ASSERT_EQ(report.commands.size(), 3U);
  EXPECT_EQ(report.commands[1], "aws s3 rm --recursive 's3://bucket/two/'");
  EXPECT_EQ(report.commands[2], "gcloud storage rm --recursive 'gs://bucket/four/'");
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_TRUE(has(report.notes[0], "other://two is needed by nothing"));
  EXPECT_TRUE(fs::exists(at(odd) / ".metadata")) << "nothing is touched";
  // The command is one for a shell whatever the name is.
  write_text(at("command"), report.commands[0] + "\n");
  EXPECT_EQ(std::system(("cd " + at("").string() + " && bash command").c_str()), 0);  // NOLINT: of our tests
  EXPECT_FALSE(fs::exists(at(odd)));
  EXPECT_FALSE(fs::exists(at("gone")));
  EXPECT_TRUE(fs::exists(outside / ".metadata") && fs::exists(at("last") / ".metadata"));
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(External, NoCommandDeletesWhatAnotherCheckpointHas) {
  commit(10, {.uri = dcp_at(outside).string()});
  commit(20, {.uri = dcp_at(at("other")).string()});
  store.resume({.step = 10});  // 20 is superseded, and written again in its place
  commit(30, {.uri = dcp_at(at("other")).string()});
  const GcReport report = store.gc(1, false, true);
  EXPECT_EQ(report.deleted.size(), 1U);
  EXPECT_TRUE(report.commands.empty());
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_TRUE(has(report.notes[0], "other is not to be deleted: checkpoint trunk at step 30 is there, too"));
}

TEST_F(External, NoCommandDeletesWhatHasComeIntoItsPlace) {
  commit(1, {.uri = dcp_at(outside).string()});
  commit(2, {.uri = dcp_at(at("gone")).string()});
  commit(20, {.uri = dcp_at(at("last")).string()});
  write_text(outside / ".metadata", "of another training");
  fs::remove_all(at("gone"));
  const GcReport report = store.gc(1, false, true);
  EXPECT_EQ(report.deleted.size(), 2U);
  EXPECT_TRUE(report.commands.empty());
  ASSERT_EQ(report.notes.size(), 2U);
  EXPECT_TRUE(has(report.notes[0], "is not what was committed any more, look before deleting it: "));
  EXPECT_TRUE(has(report.notes[1], "gone/.metadata is missing"));
}

TEST_F(External, NoCommandDeletesByAnotherName) {
  dcp_at(at("real") / "step");
  fs::create_directory_symlink(at("real"), at("link"));
  commit(10, {.uri = dcp_at(outside).string()});
  commit(20, {.uri = (at("link") / "step").string()});
  commit(21, {.uri = "s3://bucket/two", .listing = "21 .metadata\n"});
  commit(22, {.uri = "gs://bucket/step[12]", .listing = "21 .metadata\n"});  // a pattern for gcloud
  store.resume({.step = 10});
  commit(30, {.uri = (at("real") / "step").string()});
  commit(40, {.uri = "s3a://bucket/two", .listing = "21 .metadata\n"});
  const GcReport report = store.gc(2, false, true);
  EXPECT_EQ(report.deleted.size(), 3U);
  EXPECT_TRUE(report.commands.empty());
  ASSERT_EQ(report.notes.size(), 4U);
  EXPECT_TRUE(has(report.notes[0], "checkpoint trunk at step 40 counts as sound: it is at s3a://bucket/two"));
  EXPECT_TRUE(has(report.notes[1], "link/step is not to be deleted: checkpoint trunk at step 30 is there, too"));
  EXPECT_TRUE(has(report.notes[2], "two is not to be deleted: checkpoint trunk at step 40 is there, too"));
  EXPECT_TRUE(has(report.notes[3], "step[12] is needed by nothing; how to delete it, its store says"));
}

TEST_F(External, ALinkIsWhatItLeadsTo) {
  dcp_at(at("real") / "step");
  fs::create_directory_symlink(at("real") / "step", at("latest"));
  fs::create_directory_symlink(at("real"), at("link"));
  EXPECT_EQ(commit(10, {.uri = at("latest").string()}).external->uri, (at("real") / "step").string());
  EXPECT_TRUE(has(refused({.uri = at("latest").string()}), "is on record as checkpoint trunk at step 10"));
  EXPECT_TRUE(has(refused({.uri = (at("link") / "step").string()}), "is on record as checkpoint trunk at step 10"));
  fs::remove(at("latest"));
  fs::create_directory_symlink(dcp_at(at("real") / "next", 'n'), at("latest"));
  commit(20, {.uri = at("latest").string()});
  EXPECT_TRUE(store.verify().sound());
}

TEST_F(External, NoCommandDeletesWhatIsNotOfTheCheckpoint) {
  commit(1, {.uri = dcp_at(outside).string()});
  commit(20, {.uri = dcp_at(at("last")).string()});
  write_text(outside / "eval.json", "{}");
  const GcReport report = store.gc(1, false, true);
  EXPECT_TRUE(report.commands.empty());
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_TRUE(has(report.notes[0], "look before deleting it: it has eval.json, which is not of checkpoint trunk at "));
}

TEST_F(External, CommandsAreOfAscii) {  // what prints them may change other bytes
  const auto command = [](const char* uri) {
    RecordedExternal external;
    external.uri = uri;
    return anytime::delete_command(external);
  };
  EXPECT_EQ(command("/a/\xFF\xC3\xBC'\\"), "rm -r -- $'/a/\\xff\\xc3\\xbc\\'\\x5c'");
  EXPECT_EQ(command("/a b'\\"), "rm -r -- '/a b'\\''\\'");
}

TEST_F(External, ARepairTakesItIn) {
  commit(10, {.uri = "s3://bucket/runs/one", .listing = "21 .metadata\n"});
  const RecordedCheckpoint second = commit(20, {.uri = dcp_at(outside).string()});
  { const RunStore gone = std::move(store); }
  const fs::path segment = run() / "record" / "000002";
  fs::resize_file(segment, fs::file_size(segment) - 10);  // of the second
  fs::rename(outside, at("away"));                        // which need not be there
  EXPECT_EQ(RunStore::repair(run()).recovered.size(), 1U);
  EXPECT_EQ(RunStore::open(run(), RunStore::Access::read).record().checkpoints.back(), second);
}

TEST_F(External, LinkedFilesAreNotCopied) {
  write_text(at("model"), "one");
  fs::create_directory(at("more"));
  write_text(at("more") / "x", "two");
  const auto inode = [](const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_ino;
  };
  const std::vector<fs::path> files{at("model"), at("more")};
  const RecordedCheckpoint linked = store.commit({.step = 1, .link = true}, files);
  for (const RecordedFile& file : linked.files) EXPECT_EQ(file.placed, FilePlaced::linked) << file.name;
  EXPECT_EQ(inode(run() / linked.folder / "model"), inode(at("model")));
  EXPECT_EQ(RunStore::open(run(), RunStore::Access::read).record().checkpoints[0], linked);
  const RecordedCheckpoint copied = store.commit({.step = 2}, files);
  for (const RecordedFile& file : copied.files) EXPECT_NE(file.placed, FilePlaced::linked) << file.name;
  EXPECT_NE(inode(run() / copied.folder / "model"), inode(at("model")));
  fs::remove(at("model"));
  EXPECT_TRUE(store.verify().sound()) << "a name less";
  write_text(at("more") / "x", "TWO");  // in place, which is not allowed
  EXPECT_TRUE(has(store.verify().problems.at(0), "checkpoint trunk at step 1 is damaged: "));
  EXPECT_EQ(store.verify().problems.size(), 1U);
  if (fs::is_directory("/dev/shm")) {  // another file system
    const TemporaryFolder other("/dev/shm", "scheduled-link-");
    write_text(other / "model", "three");
    const std::vector<fs::path> from{other / "model"};
    const RecordedCheckpoint last = store.commit({.step = 3, .link = true}, from);
    EXPECT_EQ(read_text(run() / last.folder / "model"), "three");
  }
}

}  // namespace
}  // namespace scheduled
