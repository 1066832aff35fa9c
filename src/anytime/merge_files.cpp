#include "anytime/merge_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "anytime/fault.hpp"
#include "anytime/weighted_sum.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"

namespace scheduled {
namespace fs = std::filesystem;

namespace anytime {
namespace {

constexpr std::size_t most_values = std::size_t{1} << 23;  // of all models together, in memory
constexpr std::size_t values_of_slice = std::size_t{1} << 16;

std::string shape_text(const TensorEntry& entry) {
  std::string text = entry.dtype + " [";
  for (std::size_t k = 0; k < entry.shape.size(); ++k) text += (k > 0 ? ", " : "") + std::to_string(entry.shape[k]);
  return text + "]";
}

bool is_whole_or_flag(std::string_view dtype) {
  return dtype.front() == 'I' || dtype.front() == 'U' || dtype == "BOOL";
}

std::string shown_model(const TensorModel& model) {
  return (model.index().empty() ? model.files().front()->path() : model.index()).string();
}

/// The files of the merge, one after the other.
class Merging {
 public:
  Merging(const TensorModels& models, std::span<const double> weights, fs::path out, int threads)
      : models_(models),
        weights_(weights),
        out_(std::move(out)),
        threads_(threads),
        read_(models.size()),
        block_(std::max(values_of_slice, most_values / models.size())) {}

  MergedFiles write() {
    const TensorModel& last = *models_.back();
    for (const auto& file : last.files()) write_file(*file);
    if (!last.index().empty()) {
      write_new(out_ / last.index().filename(), last.index_text());
      result_.files.push_back(last.index().filename().string());
      result_.bytes_written += static_cast<std::int64_t>(last.index_text().size());
    }
    for (const auto& model : models_) {
      for (const auto& file : model->files()) result_.bytes_read += static_cast<std::int64_t>(file->bytes());
    }
    std::sort(result_.files.begin(), result_.files.end());
    return std::move(result_);
  }

 private:
  /// Types, shapes and places are those of the last model, and so is the header.
  void write_file(TensorFile& of) {
    const std::string name = of.path().filename().string();
    const fs::path path = out_ / name;
    const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL, "cannot be made");
    write_all(file, of.header(), path);
    fault_point("merge.header");
    for (const TensorEntry& entry : of.tensors()) {
      const std::optional<FloatType> type = float_type(entry.dtype);
      if (type) {
        sum_tensor(entry, *type, file, path);
      } else {
        take_tensor(of, entry, file, path);
      }
      ++(type ? result_.merged : result_.taken);
    }
    result_.files.push_back(name);
    result_.bytes_written += static_cast<std::int64_t>(of.bytes());
  }

  void take_tensor(TensorFile& of, const TensorEntry& entry, const Descriptor& file, const fs::path& path) {
    for (std::uint64_t at = entry.begin; at < entry.end;) {
      Interruption::poll();
      written_.resize(std::min<std::uint64_t>(entry.end - at, block_));
      of.read(at, written_);
      write_block(file, path);
      at += written_.size();
    }
  }

  void sum_tensor(const TensorEntry& entry, FloatType type, const Descriptor& file, const fs::path& path) {
    const std::uint64_t width = bytes_of(type);
    const std::uint64_t count = (entry.end - entry.begin) / width;
    for (std::uint64_t at = 0; at < count;) {
      Interruption::poll();
      const std::size_t values = std::min<std::uint64_t>(count - at, block_);
      const int threads = values * models_.size() > values_of_slice ? threads_ : 1;  // a thread costs 20 us
      for_each_index(models_.size(), threads, [&](std::size_t k) {
        const TensorModel::Place& place = models_[k]->places().find(entry.name)->second;
        read_[k].resize(values * width);
        models_[k]->files()[place.file]->read(place.entry->begin + at * width, read_[k]);
      });
      written_.resize(values * width);
      for_each_index((values + values_of_slice - 1) / values_of_slice, threads, [&](std::size_t slice) {
        const std::size_t first = slice * values_of_slice;
        sum_slice(entry, type, first, std::min(values_of_slice, values - first), at);
      });
      write_block(file, path);
      at += values;
    }
  }

  /// Tile by tile: its sums stay in the nearest cache while all models are added.
  void sum_slice(const TensorEntry& entry, FloatType type, std::size_t first, std::size_t count, std::uint64_t before) {
    constexpr std::size_t tile = 2048;
    const std::size_t width = bytes_of(type);
    std::array<double, tile> sums_of_tile{};
    for (std::size_t at = first; at < first + count; at += tile) {
      const std::size_t values = std::min(tile, first + count - at);
      const std::span<double> sums = std::span(sums_of_tile).first(values);
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t k = 0; k < models_.size(); ++k) {
        add_weighted(type, std::span(read_[k]).subspan(at * width, values * width), weights_[k], sums);
      }
      const auto nan = std::find_if(sums.begin(), sums.end(), [](double sum) { return sum != sum; });
      if (nan != sums.end()) {
        const auto index = at + static_cast<std::size_t>(nan - sums.begin());
        fail_not_a_number(entry, type, index, before + index);
      }
      round_to(type, sums, std::span(written_).subspan(at * width, values * width));
    }
  }

  /// Says whose value `index` of the block it is, which is `number` of the tensor.
  [[noreturn]] void fail_not_a_number(const TensorEntry& entry, FloatType type, std::size_t index,
                                      std::uint64_t number) const {
    const std::size_t width = bytes_of(type);
    for (std::size_t k = 0; k < models_.size(); ++k) {
      double value = 0.0;
      add_weighted(type, std::span(read_[k]).subspan(index * width, width), 1.0, {&value, 1});
      if (std::isfinite(value)) continue;
      throw ArgumentError(
          {.requirement = concat({"tensor '", entry.name, "': value ", std::to_string(number), " is ",
                                  std::isnan(value) ? "nan" : "infinite", "; leave this checkpoint out of the merge"}),
           .place = Place{shown_model(*models_[k])}});
    }
    fail_argument("weights", concat({"make of tensor '", entry.name, "' what is no number"}));
  }

  void write_block(const Descriptor& file, const fs::path& path) {
    const auto* const text = reinterpret_cast<const char*>(written_.data());  // NOLINT: bytes as characters
    write_all(file, {text, written_.size()}, path);
    fault_point("merge.block");
  }

  const TensorModels& models_;
  std::span<const double> weights_;
  fs::path out_;
  int threads_;
  MergedFiles result_;
  std::vector<std::vector<std::byte>> read_;  ///< a block of each model
  std::size_t block_;                         ///< its values
  std::vector<std::byte> written_;
};

}  // namespace

void require_weights(std::span<const double> weights) {
  constexpr double tolerance = 1e-6;
  if (weights.size() < 2) fail_value("weights", std::to_string(weights.size()), "must be of at least 2 checkpoints");
  double sum = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (!std::isfinite(weights[k])) fail_entry("weights", k, weights[k], "must be finite");
    sum += weights[k];
  }
  if (std::abs(sum - 1.0) > tolerance) fail_value("weights", sum, "must sum to 1");
}

void require_alike(const TensorModels& models) {
  const TensorModel& last = *models.back();
  for (const auto& of_last : last.places()) {
    const std::string& name = of_last.first;  // clang 14: no lambda may capture a structured binding
    const TensorEntry& wanted = *of_last.second.entry;
    const auto fail_tensor = [&](const TensorModel& model, const std::string& why) {
      throw ArgumentError({.requirement = concat({"tensor '", name, "' ", why}), .place = Place{shown_model(model)}});
    };
    if (!float_type(wanted.dtype) && !is_whole_or_flag(wanted.dtype)) {
      fail_tensor(last, concat({"is ", wanted.dtype, ", which is not merged; convert the checkpoints to BF16 or F32"}));
    }
    for (const auto& model : models) {
      const auto at = model->places().find(name);
      if (at == model->places().end()) {
        fail_tensor(*model, concat({"is missing; ", shown_model(last), " has it: merge checkpoints of one model"}));
      }
      const TensorEntry& found = *at->second.entry;
      if (found.shape == wanted.shape && found.dtype == wanted.dtype) continue;
      fail_tensor(*model, concat({"is ", shape_text(found), ", in ", shown_model(last), " ", shape_text(wanted),
                                  found.shape == wanted.shape ? "; convert one of them to the other's type"
                                                              : "; merge checkpoints of one model"}));
    }
  }
  for (const auto& model : models) {
    for (const auto& [name, place] : model->places()) {
      if (last.places().contains(name)) continue;
      throw ArgumentError({.requirement = concat({"tensor '", name, "' is missing; ", shown_model(*model),
                                                  " has it: merge checkpoints of one model"}),
                           .place = Place{shown_model(last)}});
    }
  }
}

MergedFiles write_merge(const TensorModels& models, std::span<const double> weights, const fs::path& out, int threads) {
  return Merging(models, weights, out, threads).write();
}

}  // namespace anytime

namespace {

/// A folder of its own beside `out`. What a merge that was killed left is never read and stands in nobody's way.
fs::path make_part(const fs::path& out) {
  const std::string base = concat({out.string(), ".", std::to_string(::getpid())});
  if (out.has_parent_path()) fs::create_directories(out.parent_path());
  fs::path part = base + ".part";
  for (int n = 2; !fs::create_directory(part); ++n) part = concat({base, "-", std::to_string(n), ".part"});
  return part;
}

void require_free(const fs::path& out) {
  std::error_code error;
  if (out.empty() || (fs::exists(out, error) && !(fs::is_directory(out, error) && fs::is_empty(out, error)))) {
    fail_value("out", concat({"'", out.string(), "'"}), "must be missing or an empty folder");
  }
}

/// All of it under another name, and then its own.
MergedFiles place_merge(const anytime::TensorModels& models, std::span<const double> weights, const fs::path& out,
                        int threads) {
  fs::path part;
  std::error_code error;
  try {
    part = make_part(out);
    anytime::fault_point("merge.part");
    MergedFiles merged = anytime::write_merge(models, weights, part, threads);
    anytime::sync_files(part, merged.files);
    anytime::sync_folders(part);
    anytime::fault_point("merge.part_synced");
    require_free(out);      // another merge may have come first
    fs::rename(part, out);  // an empty folder gives way, another one does not
    anytime::sync_path(fs::absolute(out).parent_path());
    anytime::fault_point("merge.placed");
    return merged;
  } catch (const fs::filesystem_error& failure) {
    if (!part.empty()) fs::remove_all(part, error);
    anytime::fail_io(failure.path1(), "cannot be written", failure.code().value());
  } catch (...) {
    if (!part.empty()) fs::remove_all(part, error);
    throw;
  }
}

}  // namespace

MergedFiles merge_safetensors(std::span<const MergeSource> sources, const fs::path& out, int threads) {
  std::vector<double> weights;
  for (const MergeSource& source : sources) weights.push_back(source.weight);
  anytime::require_weights(weights);
  if (threads < 1) fail_value("threads", std::to_string(threads), "must be at least 1");
  require_free(out);
  anytime::TensorModels models;
  for (const MergeSource& source : sources) models.push_back(std::make_unique<anytime::TensorModel>(source.path));
  anytime::require_alike(models);
  return place_merge(models, weights, out.has_filename() ? out : out.parent_path(), threads);
}

}  // namespace scheduled
