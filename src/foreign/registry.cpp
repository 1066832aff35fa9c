#include <algorithm>
#include <array>

#include "foreign/tool.hpp"

namespace scheduled::foreign {

std::span<const Tool* const> tools() {
  static constexpr std::array all{&huggingface, &llama_factory, &axolotl, &megatron, &nemo,  &torchtitan, &olmo_core,
                                  &nanotron,    &deepspeed,     &nanogpt, &llmc,     &optax, &pytorch,    &big_vision};
  return all;
}

}  // namespace scheduled::foreign

namespace scheduled {

std::span<const ForeignTool> foreign_tools() {
  static const std::vector<ForeignTool> all = [] {
    std::vector<ForeignTool> found;
    for (const foreign::Tool* const tool : foreign::tools()) found.push_back(tool->about);
    return found;
  }();
  return all;
}

}  // namespace scheduled
