// Files that survive a crash: synced, moved into place, checksummed, locked.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "anytime/lease.hpp"
#include "anytime/waiting.hpp"
#include "base/file_lock.hpp"
#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

/// Throws StoreError "<path>: <doing>: <text of the error>".
[[noreturn]] void fail_io(const std::filesystem::path& path, std::string_view doing, int error);

/// An open file or folder.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, std::string_view doing);
  explicit Descriptor(int number) : number_(number) {}  ///< owns it
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return number_; }

 private:
  int number_;
};

/// "a link", "a folder", ... of st_mode.
std::string_view kind_of(mode_t mode);

/// fsync of a file or a folder.
void sync_path(const std::filesystem::path& path);

/// The regular files below `folder`, names relative to it and sorted. Throws std::invalid_argument where something is
/// neither a file nor a folder.
std::vector<std::string> files_below(const std::filesystem::path& folder);

/// Everything below `folder` but folders, sorted, as far as it can be listed.
std::vector<std::string> names_below(const std::filesystem::path& folder);

/// Size and checksum of each file below `folder`.
std::vector<RecordedFile> sum_files(const std::filesystem::path& folder);

/// fsync of these files in `folder`.
void sync_files(const std::filesystem::path& folder, std::span<const std::string> names);

/// fsync of every folder below `folder`, and of itself.
void sync_folders(const std::filesystem::path& folder);

/// Size and XXH3-128 of an open file; `path` for the error's text.
RecordedFile sum(const Descriptor& file, const std::filesystem::path& path);
std::string sum_text(std::string_view text);

/// Bytes of an open file; `path` for the error's text.
off_t size_of(const Descriptor& file, const std::filesystem::path& path);

/// Appends all bytes to an open file; `path` for the error's text.
void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path);

/// A new file with these bytes.
void write_new(const std::filesystem::path& path, std::string_view bytes);

/// Renames a file; `to` must not exist, whoever made it on whatever machine: then it is false, and `from` is gone. By a
/// hard link; where the file system has none, by a rename that replaces nothing; where it has not that either, `to`
/// becomes a folder with the file in it, as a folder is never renamed to one that is not empty. open_placed and
/// placed_path find it in any case.
bool place_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// open() of what place_new has placed, and where that is: -1 with errno where it fails.
int open_placed(const std::filesystem::path& path, int flags, std::filesystem::path* where = nullptr);
std::filesystem::path placed_path(const std::filesystem::path& path);
void remove_placed(const std::filesystem::path& path);

/// Renames; `to` must not exist.
void move_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// Copies `from`, a file or what is in a folder, into the folder `into`. Throws std::invalid_argument where it is
/// missing or where the name is taken.
void copy_into(const std::filesystem::path& from, const std::filesystem::path& into);

/// The same; copies share blocks with their sources where the file system can, or are, with `link`, the same files
/// where it can. `placed` gets what each one is, by its name in `into`.
void place_into(const std::filesystem::path& from, const std::filesystem::path& into, bool link,
                std::map<std::string, FilePlaced>& placed);

/// The lock of the one writer: on the folder of the run, which nobody can remove while there is a run, and on a file in
/// it, which says who has it, for file systems that do not lock folders. Where other machines see the folder, too, or
/// a writer of the run had one before, it has a lease besides, as always with `lease` in seconds. Throws StoreBusy,
/// which names the holder.
class WriterLock {
 public:
  WriterLock(const std::filesystem::path& folder, const std::filesystem::path& file,
             std::optional<double> lease = std::nullopt, const TellWait& tell = {});

  /// Nothing: the locks are enough.
  Lease* lease() { return lease_ ? &*lease_ : nullptr; }
  const Lease* lease() const { return lease_ ? &*lease_ : nullptr; }

 private:
  LockedFile folder_;
  LockedFile file_;
  std::optional<Lease> lease_;
};

}  // namespace scheduled::anytime
