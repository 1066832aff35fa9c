// Files that survive a crash: synced, moved into place, checksummed, locked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

/// Throws StoreError "<path>: <doing>: <text of the error>".
[[noreturn]] void fail_io(const std::filesystem::path& path, std::string_view doing, int error);

/// An open file or folder.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, std::string_view doing);
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int get() const { return number_; }

 private:
  int number_;
};

/// fsync of a file or a folder.
void sync_path(const std::filesystem::path& path);

/// The regular files below `folder`, names relative to it and sorted. Throws std::invalid_argument where something is
/// neither a file nor a folder.
std::vector<std::string> files_below(const std::filesystem::path& folder);

/// Size and checksum of each file below `folder`, which are fsynced on the way.
std::vector<RecordedFile> sync_and_sum(const std::filesystem::path& folder);

/// fsync of every folder below `folder`, and of itself.
void sync_folders(const std::filesystem::path& folder);

/// Size and XXH3-128 of a file.
RecordedFile sum_file(const std::filesystem::path& file);
std::string sum_text(std::string_view text);

/// Renames; `to` must not exist.
void move_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// Copies `from`, a file or what is in a folder, into the folder `into`. Throws std::invalid_argument where it is
/// missing or where the name is taken.
void copy_into(const std::filesystem::path& from, const std::filesystem::path& into);

/// The lock of the one writer. Throws StoreBusy, which names who holds it.
class WriterLock {
 public:
  explicit WriterLock(const std::filesystem::path& file);

 private:
  Descriptor file_;
};

}  // namespace scheduled::anytime
