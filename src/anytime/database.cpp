#include "anytime/database.hpp"

#include <stdlib.h>  // NOLINT: mkdtemp is POSIX

#include <limits>

#include "base/error.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {
namespace {

/// `file` as a URI of SQLite, in which %, ? and # have a meaning.
std::string uri(const std::filesystem::path& file, std::string_view parameters) {
  std::string out = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      out += c;
    }
  }
  return out + std::string(parameters);
}

/// Reads one page; what is wrong with a file shows only then.
int probe(sqlite3* handle) {
  return sqlite3_exec(handle, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
}

}  // namespace

Database::PrivateFolder::~PrivateFolder() {
  std::error_code error;
  if (!path.empty()) std::filesystem::remove_all(path, error);
}

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file) {
  int code = SQLITE_OK;
  if (mode == Mode::read) {
    code = open_to_read();
  } else {
    const bool create = mode == Mode::create;
    code = open(uri(file, ""), SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), !create);
  }
  if (code != SQLITE_OK) fail("cannot be opened");
}

int Database::open(const std::string& name, int flags, bool probed) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (handle == nullptr) throw std::bad_alloc();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 10000);
  return code == SQLITE_OK && probed ? probe(handle) : code;
}

int Database::open_to_read() {
  const int code = open(uri(file_, "?mode=ro"), SQLITE_OPEN_READONLY, true);
  // A folder that may not be written has no place for SQLite's shared index. Without a log there is nothing to share; a
  // log that a killed writer left is read in a copy.
  if ((code & 0xff) != SQLITE_CANTOPEN && (code & 0xff) != SQLITE_READONLY) return code;
  std::error_code error;
  const std::string log = file_.string() + "-wal";
  const bool no_log = !std::filesystem::exists(log, error) || std::filesystem::file_size(log, error) == 0;
  return no_log ? open(uri(file_, "?immutable=1"), SQLITE_OPEN_READONLY, true) : open_copy();
}

int Database::open_copy() {
  std::string name = (std::filesystem::temp_directory_path() / "scheduled-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return SQLITE_CANTOPEN;
  copy_.path = name;
  std::error_code error;
  for (const char* const suffix : {"", "-wal"}) {
    const std::filesystem::path to = copy_.path / (std::string("run.sqlite") + suffix);
    std::filesystem::copy_file(file_.string() + suffix, to, error);
    if (!error)
      std::filesystem::permissions(to, std::filesystem::perms::owner_write, std::filesystem::perm_options::add, error);
    if (error) return SQLITE_CANTOPEN;
  }
  return open(uri(copy_.path / "run.sqlite", ""), SQLITE_OPEN_READWRITE, true);
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("cannot be used");
}

void Database::fail(std::string_view doing) const {
  throw StoreError(concat({file_.string(), ": ", doing, ": ", sqlite3_errmsg(handle_.get())}));
}

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle, nullptr);
  handle_.reset(handle);
  check(code);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(handle_.get());
  database_->fail("cannot be used");
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

double Statement::real(int column) const {
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const void* const bytes = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

void Statement::put(int index, std::int64_t value) { check(sqlite3_bind_int64(handle_.get(), index, value)); }

void Statement::put(int index, std::optional<std::int64_t> value) {
  check(value ? sqlite3_bind_int64(handle_.get(), index, *value) : sqlite3_bind_null(handle_.get(), index));
}

void Statement::put(int index, double value) { check(sqlite3_bind_double(handle_.get(), index, value)); }

void Statement::put(int index, std::string_view value) {
  check(sqlite3_bind_text64(handle_.get(), index, value.data() == nullptr ? "" : value.data(), value.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::check(int code) {
  if (code != SQLITE_OK) database_->fail("cannot be used");
}

Transaction::Transaction(Database& database) : database_(database) { database.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace scheduled::anytime
