// A merge as a line of a run: read, summed, published and recorded, all of it or nothing.
#include <fcntl.h>

#include <algorithm>

#include "anytime/fault.hpp"
#include "anytime/history.hpp"
#include "anytime/merge_files.hpp"
#include "anytime/publish.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace fs = std::filesystem;

namespace {

bool has_file(const RecordedCheckpoint& checkpoint, const std::string& name) {
  return std::any_of(checkpoint.files.begin(), checkpoint.files.end(),
                     [&](const RecordedFile& file) { return file.name == name; });
}

/// The checkpoints that are merged, by step.
std::vector<RecordedCheckpoint> merged_points(const RunRecord& record, const RunMerge& request) {
  record.line(request.line);
  std::vector<RecordedCheckpoint> out;
  std::int64_t before = 0;
  for (std::size_t k = 0; k < request.weights.size(); ++k) {
    const std::int64_t step = request.weights[k].step;
    const auto fail_step = [&](const std::string& why) {
      fail_value("weights[" + std::to_string(k) + "].step", std::to_string(step), why);
    };
    if (step <= before) fail_step("must be above " + std::to_string(before) + ", the one before");
    before = step;
    const RecordedCheckpoint* const point = anytime::point_of(record, request.line, step);
    if (point == nullptr) fail_step(request.line + " has no checkpoint there that could be merged");
    if (point->external) {
      fail_step(concat({"its checkpoint is elsewhere, ", point->external->uri,
                        "; merge_safetensors and scheduled.merge merge such ones, outside of the run"}));
    }
    if (!request.file.empty() && !has_file(*point, request.file)) {
      fail_value("file", request.file, concat({anytime::name_of(*point), " has no such file"}));
    }
    out.push_back(*point);
  }
  return out;
}

void require_free(const RunRecord& record, const RunMerge& request) {
  anytime::require_line_name(request.name);
  if (anytime::attempt_of(request.name).first == "trunk") {
    fail_value("name", request.name, "is the run's own line; give another name");
  }
  for (const RecordedLine& line : record.lines) {
    if (line.name == request.name) fail_value("name", request.name, "there is a line of this name already");
  }
}

std::vector<double> weights_of(const RunMerge& request) {
  std::vector<double> weights;
  for (const MergeWeight& weight : request.weights) weights.push_back(weight.weight);
  return weights;
}

/// Throws StoreError where a file of the checkpoint, by its sum, is not what was committed.
void require_sum(const anytime::BoundFolder& run, const RecordedCheckpoint& point, const std::string& name,
                 const std::string& sum) {
  const auto recorded =
      std::find_if(point.files.begin(), point.files.end(), [&](const RecordedFile& of) { return of.name == name; });
  if (recorded != point.files.end() && recorded->xxh3 == sum) return;
  throw StoreError(concat({run.shown(), ": ", anytime::name_of(point), " is damaged: ", point.folder, "/", name,
                           " is not what was committed; leave it out of the merge"}));
}

/// The same for all that was read of the models.
void require_sums(const anytime::BoundFolder& run, const anytime::TensorModels& models,
                  const std::vector<RecordedCheckpoint>& points) {
  for (std::size_t k = 0; k < models.size(); ++k) {
    const auto name_of = [&](const fs::path& path) {
      return path.lexically_relative(run.path() / points[k].folder).generic_string();
    };
    for (const auto& file : models[k]->files()) require_sum(run, points[k], name_of(file->path()), file->sum());
    const fs::path& index = models[k]->index();
    if (!index.empty()) require_sum(run, points[k], name_of(index), anytime::sum_text(models[k]->index_text()));
  }
}

bool is_of_tensors(const std::string& name) { return name.ends_with(".safetensors") || name.ends_with(".index.json"); }

/// The file of tensors of a checkpoint, as MergeSource::path says, but by what was committed: what lies there now may
/// be less, and another file must not take its place.
std::string file_of(const RecordedCheckpoint& point, const std::string& asked) {
  if (!asked.empty()) return asked;
  for (const char* const name : {"model.safetensors", "model.safetensors.index.json"}) {
    if (has_file(point, name)) return name;
  }
  std::string found;
  for (const RecordedFile& file : point.files) {
    if (!file.name.ends_with(".safetensors") || file.name.find('/') != std::string::npos) continue;
    if (!found.empty()) return {};
    found = file.name;
  }
  return found;
}

/// Opens the tensors of a checkpoint. Where that fails because its files are not those that were committed, says so.
std::unique_ptr<anytime::TensorModel> open_model(const anytime::BoundFolder& run, const RecordedCheckpoint& point,
                                                 const std::string& asked) {
  const std::string file = file_of(point, asked);
  const fs::path folder = run.path() / point.folder;
  try {
    return std::make_unique<anytime::TensorModel>(file.empty() ? folder : folder / file, true);
  } catch (const std::exception&) {
    RecordedCheckpoint tensors = point;
    std::erase_if(tensors.files, [&](const RecordedFile& of) { return of.name != file && !is_of_tensors(of.name); });
    if (tensors.files.empty()) throw;
    const anytime::Finding found = anytime::check_files(run, tensors);
    if (found.state == anytime::Finding::State::sound) throw;
    throw StoreError(concat({run.shown(), ": ", anytime::not_sound_text(point, found), "; leave it out of the merge"}));
  }
}

/// The error with the run's folder as it was given, not as it was opened.
ArgumentError as_given(const ArgumentError& error, const anytime::BoundFolder& run) {
  ArgumentError::Fields fields = error.fields();
  const auto replace = [&](std::string& text) {
    const std::string& opened = run.path().string();
    for (std::size_t at = text.find(opened); at != std::string::npos; at = text.find(opened, at + run.shown().size())) {
      text.replace(at, opened.size(), run.shown());
    }
  };
  replace(fields.requirement);
  if (fields.place) replace(fields.place->source);
  return ArgumentError(std::move(fields));
}

/// Copies what is taken along from the last checkpoint, and makes sure that it is what was committed.
void take_files(const anytime::BoundFolder& run, const RecordedCheckpoint& last, const std::vector<std::string>& names,
                const fs::path& into) {
  for (const std::string& name : names) {
    if (!has_file(last, name)) fail_value("take", name, concat({anytime::name_of(last), " has no such file"}));
    if (fs::exists(into / name)) fail_value("take", name, "is one of the files that are merged");
    const fs::path from = run.path() / last.folder / name;
    if (!fs::is_regular_file(fs::symlink_status(from))) {
      throw StoreError(concat({run.shown(), ": ", anytime::name_of(last), " is not available: ", last.folder, "/", name,
                               " is missing; merge without it, or up to another checkpoint"}));
    }
    fs::create_directories((into / name).parent_path());
    anytime::copy_into(from, (into / name).parent_path());
    const anytime::Descriptor copy(into / name, O_RDONLY | O_NOFOLLOW, "cannot be read");
    require_sum(run, last, name, anytime::sum(copy, into / name).xxh3);
  }
}

/// Without its number and folder: at the place in the data where the last one that is merged was.
RecordedCheckpoint merged_checkpoint(const RecordedSession& session, const RecordedCheckpoint& last) {
  RecordedCheckpoint out;
  out.session = session.id;
  out.line = session.line;
  out.step = last.step;
  out.data_position = last.data_position;
  out.rng_state = last.rng_state;
  out.code_version = session.code_version;
  out.time = session.time;
  return out;
}

}  // namespace

RecordedLine RunStore::merge(const RunMerge& request) {
  state_->require_writer();
  const RunRecord& record = state_->view();
  require_free(record, request);
  const std::vector<double> weights = weights_of(request);
  anytime::require_weights(weights);
  if (request.threads < 1) fail_value("threads", std::to_string(request.threads), "must be at least 1");
  const std::vector<RecordedCheckpoint> points = merged_points(record, request);
  const RecordedCheckpoint& last = points.back();
  state_->folder.require_here();
  state_->folder.require_own({anytime::checkpoint_folder, anytime::staging_folder});
  const fs::path run = state_->folder.path();
  RecordedLine line{.name = request.name, .parent = last.line, .start = last.step, .note = request.note};
  for (std::size_t k = 0; k < points.size(); ++k) line.merged.push_back({points[k].id, weights[k]});
  const Schedule schedule = anytime::session_at(record, last.line, last.step).schedule;
  const RecordedSession session = state_->make_session(line.name, line.start, last.id, schedule, request.code_version);
  RecordedCheckpoint checkpoint = merged_checkpoint(session, last);
  checkpoint.id = record.checkpoints.back().id + 1;
  checkpoint.folder = anytime::free_folder(run, record, line.name, line.start);

  const auto write = [&](const fs::path& folder) {
    anytime::TensorModels models;
    for (const RecordedCheckpoint& point : points) {
      models.push_back(open_model(state_->folder, point, request.file));
    }
    anytime::require_alike(models);
    const fs::path into = folder / models.back()->folder().lexically_relative(run / last.folder);
    fs::create_directories(into);
    anytime::write_merge(models, weights, into, request.threads);
    require_sums(state_->folder, models, points);
    take_files(state_->folder, last, request.take, folder);
    anytime::fault_point("merge.written");
  };
  try {
    anytime::publish(run, state_->staging_name(), checkpoint, write, [&] {
      state_->require_held();
      return anytime::facts_text({state_->journal->last_hash(), line, session, checkpoint});
    });
  } catch (const ArgumentError& error) {
    throw as_given(error, state_->folder);
  } catch (const fs::filesystem_error& failure) {
    anytime::fail_io(failure.path1(), "cannot be written", failure.code().value());
  }
  state_->unrecorded = checkpoint.folder;  // as in commit
  state_->write(anytime::line_fact(line) + anytime::session_fact(session) + anytime::checkpoint_fact(checkpoint), false,
                anytime::version_of(line));
  state_->unrecorded.clear();
  anytime::fault_point("merge.committed");
  return state_->view().line(line.name);
}

}  // namespace scheduled
