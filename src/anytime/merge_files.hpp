// The weighted sum of models, tensor by tensor.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "anytime/tensor_files.hpp"
#include "scheduled/merge.hpp"

namespace scheduled::anytime {

using TensorModels = std::vector<std::unique_ptr<TensorModel>>;

/// Throws where the weights cannot be those of a merge.
void require_weights(std::span<const double> weights);

/// Throws ArgumentError where they are not models of one kind, tensor by tensor.
void require_alike(const TensorModels& models);

/// Writes the files of the merge into the folder `out`, unsynced, each by the name of the last model's; models that
/// were found to be alike. All files are read, once.
MergedFiles write_merge(const TensorModels& models, std::span<const double> weights, const std::filesystem::path& out,
                        int threads);

}  // namespace scheduled::anytime
