// Files of the safetensors format: 8 bytes length of the header (little-endian), the header as JSON
// {name: {"dtype": "BF16", "shape": [...], "data_offsets": [begin, end]}}, then the values; and the index of a model
// whose tensors lie in several such files, JSON {"weight_map": {name: file}}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scheduled {

/// One tensor of a header.
struct TensorEntry {
  std::string name;
  std::string dtype;                 ///< "F32", "BF16", ...
  std::vector<std::int64_t> shape;   ///< sizes >= 0
  std::uint64_t begin = 0, end = 0;  ///< its bytes, counted from the end of the header
  bool operator==(const TensorEntry&) const = default;
};

constexpr std::size_t safetensors_length_bytes = 8;

/// The length of the header of a file of `file_bytes`, of which `begin` are the first. Throws ArgumentError: too short
/// for it, longer than the file or than 1e8.
std::uint64_t safetensors_header_length(std::span<const std::byte> begin, std::uint64_t file_bytes);

/// The tensors of a header in front of `data_bytes`, in the order of their bytes. Any bytes may be given; ArgumentError
/// says what is wrong: no JSON of that form, offsets outside of the data, overlapping or leaving holes, a length that
/// is not shape times size of the type.
std::vector<TensorEntry> parse_safetensors_header(std::string_view header, std::uint64_t data_bytes);

/// The tensors of an index and the names of their files, which lie beside it: plain names, in the order of the index.
/// Throws ArgumentError as above.
std::vector<std::pair<std::string, std::string>> parse_safetensors_index(std::string_view text);

/// 8 bytes and the header with these tensors, padded with spaces so that the values are aligned.
std::string safetensors_header(std::span<const TensorEntry> tensors);

}  // namespace scheduled
