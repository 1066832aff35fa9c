#include "anytime/tensor_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/error.hpp"
#include "base/missing.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail_at_file(const fs::path& path, std::string requirement) {
  throw ArgumentError({.requirement = std::move(requirement), .place = Place{path.string()}});
}

template <class Call>
auto at_file(const fs::path& path, const Call& call) {
  try {
    return call();
  } catch (const ArgumentError& error) {
    fail_at_file(path, error.fields().requirement);
  }
}

std::uint64_t regular_size(const Descriptor& file, const fs::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_io(path, "cannot be read", errno);
  if (!S_ISREG(status.st_mode)) fail_at_file(path, concat({"is ", kind_of(status.st_mode), ", not a file"}));
  return static_cast<std::uint64_t>(status.st_size);
}

constexpr std::string_view index_ending = ".index.json";

/// What a model's folder is read by.
fs::path tensors_in(const fs::path& folder) {
  for (const char* const name : {"model.safetensors", "model.safetensors.index.json"}) {
    if (fs::exists(folder / name)) return folder / name;
  }
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") found.push_back(entry.path());
  }
  if (found.size() == 1) return found.front();
  std::sort(found.begin(), found.end());
  std::string names;
  for (const fs::path& path : found) names += (names.empty() ? "" : ", ") + path.filename().string();
  fail_at_file(folder, found.empty() ? "has no *.safetensors; name the file of tensors"
                                     : "has several files of tensors and no index; name one of " + names);
}

}  // namespace

TensorFile::TensorFile(fs::path path, bool summed)
    : path_(std::move(path)),
      file_(path_, O_RDONLY | O_NONBLOCK, "cannot be read"),
      bytes_(regular_size(file_, path_)),
      summed_(summed) {
  header_.resize(std::min<std::uint64_t>(safetensors_length_bytes, bytes_));
  read_at(0, header_);
  const std::uint64_t length =
      at_file(path_, [&] { return safetensors_header_length(std::as_bytes(std::span(header_)), bytes_); });
  header_.resize(safetensors_length_bytes + length);
  read_at(safetensors_length_bytes, std::span(header_).subspan(safetensors_length_bytes));
  const std::string_view json = std::string_view(header_).substr(safetensors_length_bytes);
  tensors_ = at_file(path_, [&] { return parse_safetensors_header(json, bytes_ - header_.size()); });
}

void TensorFile::read_at(std::uint64_t offset, std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got =
        ::pread(file_.get(), out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_io(path_, "cannot be read", errno);
    if (got == 0) throw StoreError(path_.string() + ": became shorter while it was read");
    filled += static_cast<std::size_t>(got);
  }
  if (!summed_ || offset != hashed_) return;
  hash_.add({out.data(), out.size()});
  hashed_ += out.size();
}

void TensorFile::read(std::uint64_t offset, std::span<std::byte> out) {
  read_at(header_.size() + offset, {reinterpret_cast<char*>(out.data()), out.size()});  // NOLINT: bytes as characters
}

std::string TensorFile::sum() { return hashed_ == bytes_ ? hash_.hex() : anytime::sum(file_, path_).xxh3; }

TensorModel::TensorModel(const fs::path& path, bool summed) : summed_(summed) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail_missing("source", path.string(), "no such file or folder");
  const fs::path file = fs::is_directory(status) ? tensors_in(path) : path;
  folder_ = file.parent_path();
  if (file.filename().string().ends_with(index_ending)) {
    read_index(file);
  } else {
    add_file(file);
  }
}

void TensorModel::add_file(const fs::path& path) {
  files_.push_back(std::make_unique<TensorFile>(path, summed_));
  for (const TensorEntry& entry : files_.back()->tensors()) {
    if (!places_.emplace(entry.name, Place{files_.size() - 1, &entry}).second) {
      fail_at_file(path, "tensor '" + entry.name + "' is in another file of this model, too");
    }
  }
}

void TensorModel::read_index(const fs::path& path) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK, "cannot be read");
  index_ = path;
  index_text_.resize(regular_size(file, path));
  std::size_t filled = 0;
  while (filled < index_text_.size()) {
    const ssize_t got = ::read(file.get(), index_text_.data() + filled, index_text_.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_io(path, "cannot be read", errno);
    filled += static_cast<std::size_t>(got);
  }
  const auto map = at_file(path, [&] { return parse_safetensors_index(index_text_); });
  std::set<std::string> names;
  for (const auto& [tensor, name] : map) names.insert(name);
  for (const std::string& name : names) add_file(folder_ / name);
  for (const auto& [tensor, name] : map) {
    const auto at = places_.find(tensor);
    const bool there = at != places_.end() && files_[at->second.file]->path().filename() == name;
    if (!there) fail_at_file(path, "tensor '" + tensor + "' is not in " + name + ", where the index says that it is");
  }
  if (map.size() != places_.size()) {
    fail_at_file(path, concat({"names ", std::to_string(map.size()), " tensors; its files have ",
                               std::to_string(places_.size())}));
  }
}

}  // namespace scheduled::anytime
