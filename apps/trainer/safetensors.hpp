// Tensors of float32 in files of the safetensors format (base/safetensors.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace scheduled::trainer {

/// A tensor that lives elsewhere.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

/// One tensor of a file, as a view of its bytes (which need not be aligned).
struct StoredTensor {
  std::string dtype;                ///< "F32", "BF16", ...
  std::vector<std::int64_t> shape;  ///< sizes >= 0
  std::span<const std::byte> bytes;

  /// Copies the values out. Throws ArgumentError where the type is not F32 or `out` has another length.
  void copy_to(std::span<float> out) const;
};

/// The header of a file with these tensors, in this order; the values follow it.
std::string header_of(std::span<const NamedTensor> tensors);

/// Writes the file. Throws std::runtime_error that names it where that fails.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors);

/// The tensors in `bytes`, which must outlive them. Any bytes may be given; ArgumentError says what is wrong.
std::map<std::string, StoredTensor> parse_safetensors(std::span<const std::byte> bytes);

}  // namespace scheduled::trainer
