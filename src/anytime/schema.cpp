#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {
namespace {

constexpr std::int64_t application = 0x53434844;  // "SCHD"

/// Rows are only ever added, but for the marks damaged and deleted. Times are for people.
constexpr const char* schema = R"(
CREATE TABLE line(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, parent TEXT NOT NULL, start INTEGER NOT NULL);
CREATE TABLE session(id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, start INTEGER NOT NULL,
  checkpoint INTEGER, schedule TEXT NOT NULL, hash TEXT NOT NULL, code TEXT NOT NULL, time INTEGER NOT NULL);
CREATE TABLE checkpoint(id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, line TEXT NOT NULL,
  step INTEGER NOT NULL, folder TEXT NOT NULL, data_position TEXT NOT NULL, rng_state BLOB NOT NULL,
  code TEXT NOT NULL, keep INTEGER NOT NULL, damaged INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
  time INTEGER NOT NULL);
CREATE TABLE file(checkpoint INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, xxh3 TEXT NOT NULL,
  PRIMARY KEY(checkpoint, name)) WITHOUT ROWID;
CREATE TABLE data(id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, step INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE metric_name(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE metric(session INTEGER NOT NULL, step INTEGER NOT NULL, name INTEGER NOT NULL, value REAL);
)";

std::int64_t pragma(const Database& database, const char* sql) {
  Statement statement(database, sql);
  return statement.step() ? statement.integer(0) : 0;
}

}  // namespace

void create_schema(Database& database) {
  database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  Transaction transaction(database);
  database.execute(schema);
  database.execute(("PRAGMA application_id=" + std::to_string(application)).c_str());
  database.execute(("PRAGMA user_version=" + std::to_string(store_version)).c_str());
  transaction.commit();
}

void check_schema(Database& database, const std::filesystem::path& folder) {
  if (pragma(database, "PRAGMA application_id") != application) {
    fail({folder.string(), ": is not a run folder: ", record_file, " in it is something else"});
  }
  const std::int64_t version = pragma(database, "PRAGMA user_version");
  if (version > store_version) {
    fail({folder.string(), ": was written by a newer scheduled: its format is ", std::to_string(version),
          ", this one reads up to ", std::to_string(store_version)});
  }
}

std::vector<RecordedFile> read_files(const Database& database, std::int64_t checkpoint) {
  Statement rows(database, "SELECT name, bytes, xxh3 FROM file WHERE checkpoint = ? ORDER BY name");
  rows.bind(checkpoint);
  std::vector<RecordedFile> files;
  while (rows.step()) files.push_back({rows.text(0), rows.integer(1), rows.text(2)});
  return files;
}

}  // namespace scheduled::anytime
