#include "anytime/old_record.hpp"

#include <sqlite3.h>
#include <stdlib.h>  // NOLINT: mkdtemp is POSIX

#include <limits>
#include <map>
#include <memory>

#include "anytime/entries.hpp"
#include "base/error.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

namespace {

/// `file` as a URI of SQLite, in which %, ? and # have a meaning.
std::string uri(const fs::path& file, std::string_view parameters) {
  std::string out = "file:";
  for (const char c : fs::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      out += c;
    }
  }
  return out + std::string(parameters);
}

class Database {
 public:
  explicit Database(fs::path file) : file_(std::move(file)) {
    if (open_to_read() != SQLITE_OK) fail("cannot be opened");
  }
  sqlite3* handle() const { return handle_.get(); }
  [[noreturn]] void fail(std::string_view doing) const {
    throw StoreError(concat({file_.string(), ": ", doing, ": ", sqlite3_errmsg(handle_.get())}));
  }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  /// A folder that is removed at the end.
  struct PrivateFolder {
    ~PrivateFolder() {
      std::error_code error;
      if (!path.empty()) fs::remove_all(path, error);
    }
    fs::path path;
  };

  int open(const std::string& name, int flags) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (handle == nullptr) throw std::bad_alloc();
    sqlite3_busy_timeout(handle, 10000);
    // What is wrong with a file shows only when a page is read.
    return code != SQLITE_OK ? code
                             : sqlite3_exec(handle, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
  }

  int open_to_read() {
    // Without a log nobody has it open, and it is read without SQLite's files beside it.
    std::error_code error;
    const std::string log = file_.string() + "-wal";
    if (!fs::exists(log, error) || fs::file_size(log, error) == 0) {
      return open(uri(file_, "?immutable=1"), SQLITE_OPEN_READONLY);
    }
    const int code = open(uri(file_, "?mode=ro"), SQLITE_OPEN_READONLY);
    // A folder that may not be written, or a full disk, has no place for SQLite's shared index.
    return code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_IOERR ? open_copy() : code;
  }

  int open_copy() {
    std::string name = (fs::temp_directory_path() / "scheduled-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return SQLITE_CANTOPEN;
    copy_.path = name;
    std::error_code error;
    for (const char* const suffix : {"", "-wal"}) {
      const fs::path to = copy_.path / (std::string("copy") + suffix);
      fs::copy_file(file_.string() + suffix, to, error);
      if (!error) fs::permissions(to, fs::perms::owner_write, fs::perm_options::add, error);
      if (error) return SQLITE_CANTOPEN;
    }
    return open(uri(copy_.path / "copy", ""), SQLITE_OPEN_READWRITE);
  }

  fs::path file_;
  PrivateFolder copy_;  ///< outlives the handle
  std::unique_ptr<sqlite3, Close> handle_;
};

class Rows {
 public:
  Rows(const Database& database, const char* sql) : database_(&database) {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v2(database.handle(), sql, -1, &handle, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) database.fail("cannot be read");
  }
  bool next() {
    const int code = sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) database_->fail("cannot be read");
    return code == SQLITE_ROW;
  }
  std::int64_t whole(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  bool null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  double real(int column) const {
    return null(column) ? std::numeric_limits<double>::quiet_NaN() : sqlite3_column_double(handle_.get(), column);
  }
  std::string text(int column) const {
    const void* const bytes = sqlite3_column_blob(handle_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

void check(const Database& database, const fs::path& run) {
  constexpr std::int64_t application = 0x53434844;  // "SCHD"
  Rows id(database, "PRAGMA application_id");
  if (!id.next() || id.whole(0) != application) {
    fail_value("folder", run.string(), concat({"is not a run folder: ", old_record_file, " in it is something else"}));
  }
  Rows version(database, "PRAGMA user_version");
  if (version.next() && version.whole(0) != 1) {
    fail_newer(run, version.whole(0));
  }
}

Schedule schedule_of(const std::string& text, const fs::path& run) {
  try {
    return Schedule::parse(text);
  } catch (const std::invalid_argument& error) {
    throw StoreError(concat({run.string(), ": the recorded schedule cannot be read: ", error.what()}));
  }
}

std::string lines_and_sessions(const Database& database, const fs::path& run) {
  std::string facts;
  for (Rows rows(database, "SELECT name, parent, start FROM line ORDER BY id"); rows.next();) {
    RecordedLine line;
    line.name = rows.text(0);
    line.parent = rows.text(1);
    line.start = rows.whole(2);
    facts += line_fact(line);
  }
  for (Rows rows(database, "SELECT id, line, start, checkpoint, schedule, hash, code, time FROM session ORDER BY id");
       rows.next();) {
    facts += session_fact({rows.whole(0), rows.text(1), rows.whole(2),
                           rows.null(3) ? std::nullopt : std::optional(rows.whole(3)), schedule_of(rows.text(4), run),
                           rows.text(5), rows.text(6), rows.whole(7)});
  }
  return facts;
}

std::string checkpoints_and_data(const Database& database) {
  std::map<std::int64_t, std::vector<RecordedFile>> files;
  for (Rows rows(database, "SELECT checkpoint, name, bytes, xxh3 FROM file ORDER BY checkpoint, name"); rows.next();) {
    files[rows.whole(0)].push_back({rows.text(1), rows.whole(2), rows.text(3)});
  }
  std::string facts;
  std::vector<std::int64_t> damaged, deleted;
  for (Rows rows(database,
                 "SELECT id, session, line, step, folder, data_position, rng_state, code, keep, damaged, deleted, time"
                 " FROM checkpoint ORDER BY id");
       rows.next();) {
    RecordedCheckpoint checkpoint;
    checkpoint.id = rows.whole(0);
    checkpoint.session = rows.whole(1);
    checkpoint.line = rows.text(2);
    checkpoint.step = rows.whole(3);
    checkpoint.folder = rows.text(4);
    checkpoint.files = files[checkpoint.id];
    checkpoint.data_position = rows.text(5);
    checkpoint.rng_state = rows.text(6);
    checkpoint.code_version = rows.text(7);
    checkpoint.keep = rows.whole(8) != 0;
    checkpoint.time = rows.whole(11);
    facts += checkpoint_fact(checkpoint);
    if (rows.whole(9) != 0) damaged.push_back(checkpoint.id);
    if (rows.whole(10) != 0) deleted.push_back(checkpoint.id);
  }
  if (!damaged.empty()) facts += mark_fact(CheckpointMark::damaged, damaged);
  if (!deleted.empty()) facts += mark_fact(CheckpointMark::deleted, deleted);
  for (Rows rows(database, "SELECT line, step, text FROM data ORDER BY id"); rows.next();) {
    facts += data_fact({rows.text(0), rows.whole(1), rows.text(2)});
  }
  return facts;
}

void read_metrics(const Database& database, std::vector<EntryText>& entries) {
  constexpr std::size_t block = 16384;
  std::vector<std::string> names;
  std::map<std::int64_t, std::size_t> index;
  for (Rows rows(database, "SELECT id, name FROM metric_name ORDER BY id"); rows.next();) {
    index[rows.whole(0)] = names.size();
    names.push_back(rows.text(1));
  }
  std::vector<MetricRow> waiting;
  const auto flush = [&] {
    if (!waiting.empty()) entries.push_back({EntryKind::metrics, metrics_text(names, waiting)});
    waiting.clear();
  };
  for (Rows rows(database, "SELECT session, step, name, value FROM metric ORDER BY rowid"); rows.next();) {
    waiting.push_back({rows.whole(0), rows.whole(1), index[rows.whole(2)], rows.real(3)});
    if (waiting.size() == block) flush();
  }
  flush();
}

}  // namespace

std::vector<EntryText> read_old_record(const fs::path& run) {
  const Database database(run / old_record_file);
  check(database, run);
  Rows(database, "BEGIN").next();  // one state of it, whoever writes
  std::vector<EntryText> entries;
  read_metrics(database, entries);
  entries.push_back({EntryKind::facts, lines_and_sessions(database, run) + checkpoints_and_data(database)});
  return entries;
}

std::vector<std::string> check_old_record(const fs::path& run) {
  const Database database(run / old_record_file);
  std::vector<std::string> problems;
  for (Rows rows(database, "PRAGMA integrity_check"); rows.next();) {
    if (rows.text(0) != "ok") problems.push_back(std::string(old_record_file) + ": " + rows.text(0));
  }
  return problems;
}

void set_old_record_aside(const fs::path& run) {
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    const fs::path from = run / (std::string(old_record_file) + suffix);
    std::error_code error;
    if (!fs::exists(from, error)) continue;
    fs::rename(from, run / (std::string(old_record_file) + ".old" + suffix), error);
    if (error) fail_io(from, "cannot be renamed", error.value());
  }
}

}  // namespace scheduled::anytime
