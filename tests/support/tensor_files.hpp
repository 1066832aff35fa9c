// Files of tensors for the tests of merges.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "support/run_folder.hpp"

namespace scheduled {

inline std::string bytes_of(const auto& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};  // NOLINT: values as bytes
}

struct Tensor {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

inline std::string safetensors_of(const std::vector<Tensor>& tensors) {
  std::vector<TensorEntry> entries;
  std::string data;
  for (const Tensor& tensor : tensors) {
    entries.push_back({tensor.name, tensor.dtype, tensor.shape, data.size(), data.size() + tensor.bytes.size()});
    data += tensor.bytes;
  }
  return safetensors_header(entries) + data;
}

inline Tensor floats(const std::string& name, const std::vector<float>& values) {
  return {name, "F32", {static_cast<std::int64_t>(values.size())}, bytes_of(values)};
}

inline void write_sharded(const std::filesystem::path& folder, float value, const std::string& index) {
  std::filesystem::create_directory(folder);
  write_text(folder / "a.safetensors", safetensors_of({floats("x", {value, 1.0F})}));
  write_text(folder / "b.safetensors", safetensors_of({floats("y", {2.0F * value})}));
  write_text(folder / "model.safetensors.index.json", index);
}

}  // namespace scheduled
