// Reading what a checkpoint's folder holds, whatever that may be by now.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "anytime/external.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

std::string name_of(const RecordedCheckpoint& checkpoint) {
  return "checkpoint " + checkpoint.line + " at step " + std::to_string(checkpoint.step);
}

namespace {

/// An open file or folder below another, or why there is none.
struct Opened {
  std::optional<Descriptor> file = {};
  std::string problem = {};
};

/// Opens `name` in the folder `in`. Nothing but a file or folder of its own is opened: neither links, which may lead
/// anywhere, nor what waits for another process.
Opened open_in(int in, const std::string& name, bool folder) {
  struct stat status {};
  if (::fstatat(in, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {{}, "is missing"};
    return {{}, "cannot be seen: " + std::generic_category().message(errno)};
  }
  if (folder ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode)) {
    return {{}, concat({"is ", kind_of(status.st_mode), ", not a ", folder ? "folder" : "file"})};
  }
  const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (folder ? O_DIRECTORY : 0);
  const int number = ::openat(in, name.c_str(), flags);
  if (number < 0) return {{}, "cannot be read: " + std::generic_category().message(errno)};
  return {Descriptor(number), {}};
}

/// The same for a path with several parts.
Opened open_below(int in, const fs::path& path) {
  Opened at;
  for (auto part = path.begin(); part != path.end(); ++part) {
    at = open_in(at.file ? at.file->get() : in, part->string(), std::next(part) != path.end());
    if (!at.file) return at;
  }
  return at;
}

Finding check_file(const BoundFolder& run, const std::string& where, const RecordedFile& file) {
  using State = Finding::State;
  const Opened opened = open_below(run.descriptor(), where);
  if (!opened.file) return {State::unavailable, where + " " + opened.problem};
  RecordedFile found;
  try {
    found = sum(*opened.file, where);
  } catch (const StoreError& error) {
    return {State::unavailable, error.what()};
  }
  if (found.bytes != file.bytes) {
    return {State::damaged,
            concat({where, " has ", std::to_string(found.bytes), " bytes, not ", std::to_string(file.bytes)})};
  }
  if (found.xxh3 != file.xxh3) return {State::damaged, where + " has another checksum than when it was committed"};
  return {};
}

}  // namespace

Finding check_files(const BoundFolder& run, const RecordedCheckpoint& checkpoint) {
  Finding own = check_own_files(run, checkpoint);
  return own.state == Finding::State::sound && checkpoint.external ? check_external(run, checkpoint) : own;
}

Finding check_own_files(const BoundFolder& run, const RecordedCheckpoint& checkpoint) {
  if (checkpoint.files.empty()) return {Finding::State::damaged, checkpoint.folder + " has no files on record"};
  Finding worst;
  for (const RecordedFile& file : checkpoint.files) {
    Finding found = check_file(run, checkpoint.folder + "/" + file.name, file);
    if (found.state == Finding::State::sound) continue;
    if (found.state == Finding::State::unavailable) return found;  // what cannot be seen may be intact
    if (worst.state == Finding::State::sound) worst = std::move(found);
  }
  return worst;
}

std::string not_sound_text(const RecordedCheckpoint& checkpoint, const Finding& found) {
  const bool damaged = found.state == Finding::State::damaged;
  return concat({name_of(checkpoint), damaged ? " is damaged: " : " is not available: ", found.text});
}

bool is_there(const BoundFolder& run, const RecordedCheckpoint& checkpoint) {
  struct stat status {};
  return ::fstatat(run.descriptor(), checkpoint.folder.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

FoundFacts read_facts(const BoundFolder& run, const std::string& folder) {
  constexpr std::size_t most = 1 << 28;
  const Opened opened = open_below(run.descriptor(), fs::path(folder) / facts_file);
  if (!opened.file) return {opened.problem != "is missing", {}};
  std::string text;
  std::string block(1 << 16, '\0');
  for (;;) {
    const ssize_t count = ::read(opened.file->get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || text.size() > most) return {true, {}};
    if (count == 0) break;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  return {true, parse_facts(text)};
}

}  // namespace scheduled::anytime
