// The tensors of a model in one file of the safetensors format, or in several with an index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "anytime/files.hpp"
#include "anytime/xxh3.hpp"
#include "base/safetensors.hpp"

namespace scheduled::anytime {

/// One file. Throws ArgumentError at its path where it is no file of this format, StoreError where it cannot be read.
class TensorFile {
 public:
  /// summed: `sum` will be asked for.
  TensorFile(std::filesystem::path path, bool summed);

  const std::filesystem::path& path() const { return path_; }
  const std::string& header() const { return header_; }  ///< with its length before it
  const std::vector<TensorEntry>& tensors() const { return tensors_; }
  std::uint64_t bytes() const { return bytes_; }

  /// The bytes of the data from `offset` on.
  void read(std::uint64_t offset, std::span<std::byte> out);

  /// XXH3-128 of the whole file: of what was read, where that was all of it and in order; else it is read again.
  std::string sum();

 private:
  void read_at(std::uint64_t offset, std::span<char> out);

  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t bytes_ = 0;
  std::string header_;
  std::vector<TensorEntry> tensors_;
  bool summed_;
  Xxh3 hash_;
  std::uint64_t hashed_ = 0;  ///< of the first bytes, in order
};

/// All tensors of a model.
class TensorModel {
 public:
  struct Place {
    std::size_t file = 0;
    const TensorEntry* entry = nullptr;
  };

  /// `path`: a file, an index, or a folder (MergeSource::path). summed: as of its files. Throws
  /// ArgumentError.
  explicit TensorModel(const std::filesystem::path& path, bool summed = false);

  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<std::unique_ptr<TensorFile>>& files() const { return files_; }
  const std::map<std::string, Place, std::less<>>& places() const { return places_; }
  const std::filesystem::path& index() const { return index_; }  ///< empty: there is none
  const std::string& index_text() const { return index_text_; }

 private:
  void add_file(const std::filesystem::path& path);
  void read_index(const std::filesystem::path& path);

  std::filesystem::path folder_;
  bool summed_;
  std::vector<std::unique_ptr<TensorFile>> files_;
  std::map<std::string, Place, std::less<>> places_;
  std::filesystem::path index_;
  std::string index_text_;
};

}  // namespace scheduled::anytime
