// What the fuzz target of the safetensors reader does with its bytes; the unit test that replays the corpus shares it.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/safetensors.hpp"
#include "trainer/safetensors.hpp"

namespace scheduled::fuzz {

/// The bytes as the index of a model in several files: its files lie beside it.
inline void safetensors_index(std::string_view text) {
  try {
    for (const auto& [name, file] : parse_safetensors_index(text)) {
      const bool beside = !file.empty() && file.front() != '.' && file.find('/') == std::string::npos;
      if (!beside) throw std::runtime_error("files of an index lie beside it");
    }
  } catch (const std::invalid_argument&) {  // NOLINT: what is wrong was said
  }
}

/// Only std::invalid_argument may come out; what is read lies within the bytes, and F32 files read back when written.
inline void safetensors(std::span<const std::uint8_t> data) {
  safetensors_index({reinterpret_cast<const char*>(data.data()), data.size()});  // NOLINT: bytes as characters
  const auto require = [](bool kept, const char* promise) {
    if (!kept) throw std::runtime_error(promise);
  };
  std::map<std::string, trainer::StoredTensor> tensors;
  try {
    tensors = trainer::parse_safetensors(std::as_bytes(data));
  } catch (const std::invalid_argument&) {
    return;
  }
  std::size_t total = 0;
  bool all_floats = true;
  std::vector<std::vector<float>> values;
  std::vector<trainer::NamedTensor> again;
  for (const auto& [name, tensor] : tensors) {
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(tensor.bytes.data());
    require(tensor.bytes.empty() || (begin >= data.data() && begin + tensor.bytes.size() <= data.data() + data.size()),
            "a tensor lies within the bytes");
    total += tensor.bytes.size();
    all_floats = all_floats && tensor.dtype == "F32";
    if (!all_floats) continue;
    values.emplace_back(tensor.bytes.size() / sizeof(float));
    tensor.copy_to(values.back());
    again.push_back({name, tensor.shape, values.back()});
  }
  require(total <= data.size(), "tensors do not overlap");
  if (!all_floats || again.empty()) return;
  std::string file = trainer::header_of(again);
  for (const auto& tensor : again) {
    file.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());
  }
  const auto second = trainer::parse_safetensors(std::as_bytes(std::span(file)));
  require(second.size() == tensors.size(), "what is written reads back");
  for (const auto& [name, tensor] : tensors) {
    const trainer::StoredTensor& other = second.at(name);
    require(
        other.shape == tensor.shape && other.bytes.size() == tensor.bytes.size() &&
            (tensor.bytes.empty() || std::memcmp(other.bytes.data(), tensor.bytes.data(), tensor.bytes.size()) == 0),
        "what is written reads back equal");
  }
}

}  // namespace scheduled::fuzz
