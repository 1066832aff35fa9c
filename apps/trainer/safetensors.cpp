#include "trainer/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "base/error.hpp"
#include "base/json.hpp"
#include "scheduled/error.hpp"

namespace scheduled::trainer {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // as the format's own implementation

[[noreturn]] void fail(const std::string& text) { fail_argument("safetensors", text); }

struct Type {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array types{Type{"F32", 4}, Type{"F64", 8}, Type{"F16", 2}, Type{"BF16", 2}, Type{"I64", 8},
                           Type{"I32", 4}, Type{"I16", 2}, Type{"I8", 1},  Type{"U8", 1},   Type{"BOOL", 1}};

std::uint64_t size_of(const std::string& name, const std::string& dtype) {
  const auto* const at = std::find_if(types.begin(), types.end(), [&](const Type& type) { return type.name == dtype; });
  if (at == types.end()) fail("tensor '" + name + "': unknown dtype '" + dtype + "'");
  return at->bytes;
}

/// A whole number >= 0 that fits.
std::uint64_t number(const std::string& name, const char* what, const Json& json) {
  constexpr std::int64_t most = std::int64_t{1} << 62;
  if (!json.is_whole() || json.whole() < 0 || json.whole() > most) {
    fail("tensor '" + name + "': " + what + " must be whole numbers >= 0");
  }
  return static_cast<std::uint64_t>(json.whole());
}

const Json& member(const std::string& name, const Json& entry, const char* key) {
  const Json* const found = entry.find(key);
  if (found == nullptr) fail("tensor '" + name + "': has no " + key);
  return *found;
}

struct Range {
  std::uint64_t begin = 0, end = 0;
};

/// One entry of the header against `data` bytes.
StoredTensor read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data, Range& range) {
  if (!entry.is_object()) fail("tensor '" + name + "': must be an object");
  const Json& dtype = member(name, entry, "dtype");
  const Json& shape = member(name, entry, "shape");
  const Json& offsets = member(name, entry, "data_offsets");
  if (!dtype.is_text()) fail("tensor '" + name + "': dtype must be text");
  if (!shape.is_array()) fail("tensor '" + name + "': shape must be a list");
  if (!offsets.is_array() || offsets.items().size() != 2)
    fail("tensor '" + name + "': data_offsets must be two numbers");
  StoredTensor tensor{dtype.text(), {}, {}};
  std::uint64_t wanted = size_of(name, tensor.dtype);
  for (const Json& size : shape.items()) {
    const std::uint64_t value = number(name, "sizes in shape", size);
    if (__builtin_mul_overflow(wanted, value, &wanted)) fail("tensor '" + name + "': shape is too large");
    tensor.shape.push_back(static_cast<std::int64_t>(value));
  }
  range = {number(name, "data_offsets", offsets.items()[0]), number(name, "data_offsets", offsets.items()[1])};
  if (range.begin > range.end || range.end > data.size()) {
    fail("tensor '" + name + "': data_offsets [" + std::to_string(range.begin) + ", " + std::to_string(range.end) +
         "] lie outside of the " + std::to_string(data.size()) + " bytes of data");
  }
  if (range.end - range.begin != wanted) {
    fail("tensor '" + name + "': has " + std::to_string(range.end - range.begin) + " bytes, its shape needs " +
         std::to_string(wanted));
  }
  tensor.bytes = data.subspan(range.begin, wanted);
  return tensor;
}

/// The tensors must lie one after the other and fill the data.
void check_ranges(std::vector<Range> ranges, std::size_t data) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::uint64_t at = 0;
  for (const Range& range : ranges) {
    if (range.begin != at) fail("tensors overlap or leave a hole at byte " + std::to_string(at) + " of the data");
    at = range.end;
  }
  if (at != data) fail(std::to_string(data - at) + " bytes after the last tensor");
}

Json parse_header(std::span<const std::byte> bytes) {
  const auto* const text = reinterpret_cast<const char*>(bytes.data());  // NOLINT: bytes as characters
  try {
    Json header = Json::parse({text, bytes.size()});
    if (header.is_object()) return header;
  } catch (const ArgumentError& error) {
    fail("the header " + error.fields().requirement);
  }
  fail("the header must be a JSON object of tensors");
}

}  // namespace

void StoredTensor::copy_to(std::span<float> out) const {
  if (dtype != "F32") fail("dtype " + dtype + ": must be F32");
  if (bytes.size() != out.size_bytes()) {
    fail(std::to_string(bytes.size()) + " bytes of values: must be " + std::to_string(out.size_bytes()));
  }
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
}

std::string safetensors_header(std::span<const NamedTensor> tensors) {
  Json header = Json::object();
  std::size_t at = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::size_t end = at + tensor.values.size_bytes();
    header.add(tensor.name,
               Json::object({{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", Json::array({at, end})}}));
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');  // aligns the values
  const auto length = std::bit_cast<std::array<char, length_bytes>>(static_cast<std::uint64_t>(text.size()));
  return std::string(length.data(), length.size()) + text;
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors) {
  std::ofstream file(path, std::ios::binary);
  file << safetensors_header(tensors);
  for (const NamedTensor& tensor : tensors) {
    file.write(reinterpret_cast<const char*>(tensor.values.data()),  // NOLINT: values as bytes
               static_cast<std::streamsize>(tensor.values.size_bytes()));
  }
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

std::map<std::string, StoredTensor> parse_safetensors(std::span<const std::byte> bytes) {
  if (bytes.size() < length_bytes) fail(std::to_string(bytes.size()) + " bytes: too short for a header");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  if (length > longest_header || length > bytes.size() - length_bytes) {
    fail("a header of " + std::to_string(length) + " bytes does not fit into the file of " +
         std::to_string(bytes.size()));
  }
  const Json header = parse_header(bytes.subspan(length_bytes, length));
  const std::span<const std::byte> data = bytes.subspan(length_bytes + length);
  std::map<std::string, StoredTensor> tensors;
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.members()) {
    if (name == "__metadata__") continue;
    ranges.emplace_back();
    tensors.emplace(name, read_entry(name, entry, data, ranges.back()));
  }
  check_ranges(std::move(ranges), data.size());
  return tensors;
}

}  // namespace scheduled::trainer
