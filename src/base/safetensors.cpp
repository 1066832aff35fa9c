#include "base/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "base/json.hpp"
#include "scheduled/error.hpp"

namespace scheduled {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::uint64_t longest_header = 100'000'000;  // as the format's own implementation

[[noreturn]] void fail_tensors(const std::string& text) { fail_argument("safetensors", text); }

struct TensorType {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array tensor_types{TensorType{"F32", 4},  TensorType{"F64", 8},     TensorType{"F16", 2},
                                  TensorType{"BF16", 2}, TensorType{"I64", 8},     TensorType{"I32", 4},
                                  TensorType{"I16", 2},  TensorType{"I8", 1},      TensorType{"U8", 1},
                                  TensorType{"BOOL", 1}, TensorType{"U16", 2},     TensorType{"U32", 4},
                                  TensorType{"U64", 8},  TensorType{"F8_E4M3", 1}, TensorType{"F8_E5M2", 1}};

std::uint64_t bytes_of_type(const std::string& name, const std::string& dtype) {
  const auto* const at = std::find_if(tensor_types.begin(), tensor_types.end(),
                                      [&](const TensorType& type) { return type.name == dtype; });
  if (at == tensor_types.end()) fail_tensors("tensor '" + name + "': unknown dtype '" + dtype + "'");
  return at->bytes;
}

/// A whole number >= 0 that fits.
std::uint64_t tensor_number(const std::string& name, const char* what, const Json& json) {
  constexpr std::int64_t most = std::int64_t{1} << 62;
  if (!json.is_whole() || json.whole() < 0 || json.whole() > most) {
    fail_tensors("tensor '" + name + "': " + what + " must be whole numbers >= 0");
  }
  return static_cast<std::uint64_t>(json.whole());
}

const Json& tensor_member(const std::string& name, const Json& entry, const char* key) {
  const Json* const found = entry.find(key);
  if (found == nullptr) fail_tensors("tensor '" + name + "': has no " + key);
  return *found;
}

/// One entry of the header against `data` bytes.
TensorEntry read_tensor(const std::string& name, const Json& entry, std::uint64_t data) {
  if (!entry.is_object()) fail_tensors("tensor '" + name + "': must be an object");
  const Json& dtype = tensor_member(name, entry, "dtype");
  const Json& shape = tensor_member(name, entry, "shape");
  const Json& offsets = tensor_member(name, entry, "data_offsets");
  if (!dtype.is_text()) fail_tensors("tensor '" + name + "': dtype must be text");
  if (!shape.is_array()) fail_tensors("tensor '" + name + "': shape must be a list");
  if (!offsets.is_array() || offsets.items().size() != 2)
    fail_tensors("tensor '" + name + "': data_offsets must be two numbers");
  TensorEntry tensor{name, dtype.text(), {}, 0, 0};
  std::uint64_t wanted = bytes_of_type(name, tensor.dtype);
  for (const Json& size : shape.items()) {
    const std::uint64_t value = tensor_number(name, "sizes in shape", size);
    if (__builtin_mul_overflow(wanted, value, &wanted)) fail_tensors("tensor '" + name + "': shape is too large");
    tensor.shape.push_back(static_cast<std::int64_t>(value));
  }
  tensor.begin = tensor_number(name, "data_offsets", offsets.items()[0]);
  tensor.end = tensor_number(name, "data_offsets", offsets.items()[1]);
  if (tensor.begin > tensor.end || tensor.end > data) {
    fail_tensors("tensor '" + name + "': data_offsets [" + std::to_string(tensor.begin) + ", " +
                 std::to_string(tensor.end) + "] lie outside of the " + std::to_string(data) + " bytes of data");
  }
  if (tensor.end - tensor.begin != wanted) {
    fail_tensors("tensor '" + name + "': has " + std::to_string(tensor.end - tensor.begin) +
                 " bytes, its shape needs " + std::to_string(wanted));
  }
  return tensor;
}

/// Sorts them by their bytes, which must lie one after the other and fill the data.
void settle_tensors(std::vector<TensorEntry>& tensors, std::uint64_t data) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t at = 0;
  for (const TensorEntry& tensor : tensors) {
    if (tensor.begin != at)
      fail_tensors("tensors overlap or leave a hole at byte " + std::to_string(at) + " of the data");
    at = tensor.end;
  }
  if (at != data) fail_tensors(std::to_string(data - at) + " bytes after the last tensor");
}

Json tensors_json(std::string_view text, const std::string& what) {
  try {
    Json json = Json::parse(text);
    if (json.is_object()) return json;
  } catch (const ArgumentError& error) {
    fail_tensors("the " + what + " " + error.fields().requirement);
  }
  fail_tensors("the " + what + " must be a JSON object of tensors");
}

}  // namespace

std::uint64_t safetensors_header_length(std::span<const std::byte> begin, std::uint64_t file_bytes) {
  if (begin.size() < safetensors_length_bytes || file_bytes < safetensors_length_bytes) {
    fail_tensors(std::to_string(file_bytes) + " bytes: too short for a header");
  }
  std::uint64_t length = 0;
  std::memcpy(&length, begin.data(), safetensors_length_bytes);
  if (length > longest_header || length > file_bytes - safetensors_length_bytes) {
    fail_tensors("a header of " + std::to_string(length) + " bytes does not fit into the file of " +
                 std::to_string(file_bytes));
  }
  return length;
}

std::vector<TensorEntry> parse_safetensors_header(std::string_view header, std::uint64_t data_bytes) {
  const Json json = tensors_json(header, "header");
  std::vector<TensorEntry> tensors;
  for (const auto& [name, entry] : json.members()) {
    if (name != "__metadata__") tensors.push_back(read_tensor(name, entry, data_bytes));
  }
  settle_tensors(tensors, data_bytes);
  return tensors;
}

std::vector<std::pair<std::string, std::string>> parse_safetensors_index(std::string_view text) {
  const Json json = tensors_json(text, "index");
  const Json* const map = json.find("weight_map");
  if (map == nullptr || !map->is_object()) fail_tensors("the index has no weight_map of tensors and their files");
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, file] : map->members()) {
    const bool plain = file.is_text() && !file.text().empty() && file.text().front() != '.' &&
                       file.text().find('/') == std::string::npos && file.text().find('\0') == std::string::npos;
    if (!plain) fail_tensors("tensor '" + name + "': its file must be the name of one beside the index");
    out.emplace_back(name, file.text());
  }
  if (out.empty()) fail_tensors("the index names no tensors");
  return out;
}

std::string safetensors_header(std::span<const TensorEntry> tensors) {
  Json header = Json::object();
  for (const TensorEntry& tensor : tensors) {
    const Json offsets = Json::array({static_cast<std::int64_t>(tensor.begin), static_cast<std::int64_t>(tensor.end)});
    header.add(tensor.name,
               Json::object({{"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", offsets}}));
  }
  std::string text = header.dump();
  constexpr std::size_t aligned = safetensors_length_bytes;
  text.resize((text.size() + aligned - 1) / aligned * aligned, ' ');
  const auto length = std::bit_cast<std::array<char, aligned>>(static_cast<std::uint64_t>(text.size()));
  return std::string(length.data(), length.size()) + text;
}

}  // namespace scheduled
