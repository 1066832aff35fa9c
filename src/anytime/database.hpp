// SQLite as far as the store needs it: errors are exceptions, statements and transactions are scopes.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace scheduled::anytime {

class Database {
 public:
  enum class Mode {
    create,  ///< a new file
    write,   ///< an existing one
    read,    ///< an existing one, never changed, also in a folder that may not be written
  };

  /// Throws StoreError.
  Database(const std::filesystem::path& file, Mode mode);

  /// One or several statements without results.
  void execute(const char* sql);
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  sqlite3* handle() const { return handle_.get(); }
  [[noreturn]] void fail(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  /// A folder that is removed at the end.
  struct PrivateFolder {
    ~PrivateFolder();
    std::filesystem::path path;
  };
  int open(const std::string& name, int flags, bool probe);
  int open_to_read();
  int open_copy();

  std::filesystem::path file_;
  PrivateFolder copy_;  ///< outlives the handle
  std::unique_ptr<sqlite3, Close> handle_;
};

class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  /// Binds the parameters in order.
  template <class... Values>
  Statement& bind(const Values&... values) {
    int index = 0;
    (put(++index, values), ...);
    return *this;
  }

  bool step();  ///< whether there is a row
  /// Binds, runs to the end and resets.
  template <class... Values>
  void run(const Values&... values) {
    bind(values...);
    while (step()) {
    }
    reset();
  }
  void reset();

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  std::optional<std::int64_t> optional_integer(int column) const;
  double real(int column) const;  ///< NaN where NULL
  std::string text(int column) const;

 private:
  void put(int index, std::int64_t value);
  void put(int index, std::optional<std::int64_t> value);
  void put(int index, double value);
  void put(int index, std::string_view value);
  void check(int code);

  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// All or nothing: rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace scheduled::anytime
