#include "trainer/safetensors.hpp"

#include <cstring>
#include <fstream>
#include <stdexcept>

#include "base/error.hpp"
#include "base/safetensors.hpp"

namespace scheduled::trainer {

void StoredTensor::copy_to(std::span<float> out) const {
  if (dtype != "F32") fail_argument("safetensors", "dtype " + dtype + ": must be F32");
  if (bytes.size() != out.size_bytes()) {
    fail_argument("safetensors",
                  std::to_string(bytes.size()) + " bytes of values: must be " + std::to_string(out.size_bytes()));
  }
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
}

std::string header_of(std::span<const NamedTensor> tensors) {
  std::vector<TensorEntry> entries;
  std::uint64_t at = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::uint64_t end = at + tensor.values.size_bytes();
    entries.push_back({tensor.name, "F32", tensor.shape, at, end});
    at = end;
  }
  return safetensors_header(entries);
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors) {
  std::ofstream file(path, std::ios::binary);
  file << header_of(tensors);
  for (const NamedTensor& tensor : tensors) {
    file.write(reinterpret_cast<const char*>(tensor.values.data()),  // NOLINT: values as bytes
               static_cast<std::streamsize>(tensor.values.size_bytes()));
  }
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

std::map<std::string, StoredTensor> parse_safetensors(std::span<const std::byte> bytes) {
  const std::uint64_t length = safetensors_header_length(bytes, bytes.size());
  const auto* const text = reinterpret_cast<const char*>(bytes.data());  // NOLINT: bytes as characters
  const std::span<const std::byte> data = bytes.subspan(safetensors_length_bytes + length);
  std::map<std::string, StoredTensor> tensors;
  for (TensorEntry& entry : parse_safetensors_header({text + safetensors_length_bytes, length}, data.size())) {
    const std::span<const std::byte> values = data.subspan(entry.begin, entry.end - entry.begin);
    tensors.emplace(std::move(entry.name), StoredTensor{std::move(entry.dtype), std::move(entry.shape), values});
  }
  return tensors;
}

}  // namespace scheduled::trainer
