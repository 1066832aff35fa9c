// Reading: the bytes of a file or of a folder's files, what they are compressed with, and the format that they are in.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <system_error>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/missing.hpp"
#include "runlog/compressed.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/formats/mlflow.hpp"
#include "runlog/formats/tensorboard_events.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

namespace fs = std::filesystem;

/// A file that is read bit by bit.
class File {
 public:
  explicit File(const fs::path& path) : name_(path.string()) {
    errno = 0;
    stream_.open(path, std::ios::binary);
    if (!stream_) fail("cannot be opened: ");
    std::error_code unknown;
    if (const auto size = fs::file_size(path, unknown); !unknown) left_ = size;
  }

  /// Appends up to `most` bytes; false once all are read.
  bool read(std::string& content, std::size_t most) {
    content.reserve(content.size() + std::min<std::size_t>(most, left_ + 1));
    while (most > 0 && stream_) {
      Interruption::poll();
      stream_.read(block_.data(), static_cast<std::streamsize>(std::min(most, block_.size())));
      const auto count = static_cast<std::size_t>(stream_.gcount());
      content.append(block_.data(), count);
      most -= count;
      left_ -= std::min<std::uintmax_t>(count, left_);
      if (stream_.bad()) fail("cannot be read: ");
    }
    return static_cast<bool>(stream_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    runlog::fail_at(name_, 0, concat({what, std::generic_category().message(errno)}));
  }

  std::string name_;
  std::ifstream stream_;
  std::uintmax_t left_ = 0;  ///< bytes that it still has, as far as that is known
  std::vector<char> block_ = std::vector<char>(std::size_t{1} << 16);
};

constexpr std::size_t all_bytes = std::string::npos;

std::string bytes_of(const fs::path& file) {
  std::string content;
  File(file).read(content, all_bytes);
  return content;
}

fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error && status.type() != fs::file_type::not_found) {
    runlog::fail_at(path.string(), 0, concat({"cannot be read: ", error.message()}));
  }
  return status.type();
}

RunLog finished(RunLog log, std::string_view format, const ReadOptions& options) {
  log.format = format;
  if (options.continue_lr) log = continue_rates(std::move(log));
  runlog::add_warnings(log, options);
  return log;
}

/// The event files that stand in a folder; in the order of their names, which begin with the time each was begun at.
std::vector<fs::path> events_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (entry.path().filename().string().find("tfevents") != std::string::npos) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Those of a folder, or of its only subfolder that has some.
std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files = events_in(folder);
  if (!files.empty()) return files;
  std::string folders;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (!entry.is_directory()) continue;
    std::vector<fs::path> inside = events_in(entry.path());
    if (inside.empty()) continue;
    folders += (count++ == 0 ? "" : ", ") + entry.path().string();
    files = std::move(inside);
  }
  if (count > 1) {
    runlog::fail_at(folder.string(), 0, concat({"has event files of several runs, each a log of its own: ", folders}));
  }
  return files;
}

/// The metrics of a run of MLflow; none where the folder is no such run.
std::vector<runlog::Metric> metrics_of(const fs::path& folder) {
  std::vector<runlog::Metric> metrics;
  const fs::path root = folder / "metrics";
  if (!fs::is_directory(root)) return metrics;
  for (const auto& entry : fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file()) continue;
    metrics.push_back(
        {fs::relative(entry.path(), root).generic_string(), entry.path().string(), bytes_of(entry.path())});
  }
  std::sort(metrics.begin(), metrics.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return metrics;
}

/// Without the byte-order mark that some programs write.
std::string_view without_mark(std::string_view content) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
  return content;
}

/// Without a last line that has no line break yet.
std::string_view whole_lines(std::string_view name, std::string_view content) {
  content = content.substr(0, content.rfind('\n') + 1);
  if (runlog::is_blank(content)) runlog::fail_at(name, 0, "has no whole line yet");
  return content;
}

/// `owned`: where the content lives, given back once it is parsed; null: it is the caller's.
RunLog parse_content(std::string_view name, std::string_view content, const ReadOptions& options, std::string* owned) {
  std::optional<std::string> plain = runlog::decompressed(name, content);
  if (plain) {
    if (owned != nullptr) std::string().swap(*owned);
    owned = &*plain;
    content = *plain;
  }
  content = without_mark(content);
  if (runlog::is_blank(content)) runlog::fail_at(name, 0, "empty");
  const auto read = [&](const runlog::Format& format) {
    if (options.growing && format.line_parser) content = whole_lines(name, content);
    runlog::Parsed parsed = format.parse({name, content});
    if (owned != nullptr) std::string().swap(*owned);
    return finished(runlog::assemble(name, content.size(), std::move(parsed), options), format.about.name, options);
  };
  return options.patterns.empty() ? read(runlog::format_of(name, content, options))
                                  : read(runlog::patterns(options.patterns));
}

constexpr std::size_t head_bytes = std::size_t{8} << 20;  // more than any recogniser looks at

/// Parses the rest of a file block by block, of which `content` is the first; how many bytes it has.
std::size_t take_blocks(runlog::BlockParser& parser, File& file, std::string& content) {
  constexpr std::size_t block = std::size_t{4} << 20;
  std::size_t bytes = 0;
  for (bool more = true;;) {
    const std::size_t taken = parser.take(content, !more);
    content.erase(0, taken);
    bytes += taken;
    if (!more) return bytes;
    more = file.read(content, std::max(block, content.size()));  // what does not end in a block may be long
  }
}

/// A large file is never in memory as a whole, if its format can be read block by block.
RunLog parse_file(const fs::path& path, const ReadOptions& options) {
  const std::string name = path.string();
  File file(path);
  std::string content;
  const bool large = file.read(content, head_bytes) && !options.growing && !runlog::is_compressed(content);
  if (large && !runlog::is_blank(without_mark(content))) {
    content.erase(0, content.size() - without_mark(content).size());
    const runlog::Format format =
        options.patterns.empty() ? runlog::format_of(name, content, options) : runlog::patterns(options.patterns);
    if (const auto parser = format.blocks ? format.blocks(name, content) : nullptr) {
      const std::size_t bytes = take_blocks(*parser, file, content);
      std::string().swap(content);
      return finished(runlog::assemble(name, bytes, parser->finish(), options), format.about.name, options);
    }
  }
  file.read(content, all_bytes);
  return parse_content(name, content, options, &content);
}

/// The event files of one run. Each is a file of its own: where a crash cut one off, the next begins soundly.
RunLog read_events(const fs::path& folder, const std::vector<fs::path>& files, const ReadOptions& options) {
  runlog::EventFiles events(files.size() > 1);
  std::size_t bytes = 0;
  for (const fs::path& file : files) {
    const std::string name = file.string();
    File rest(file);
    std::string content;
    rest.read(content, head_bytes);
    if (runlog::is_compressed(content)) {
      rest.read(content, all_bytes);
      content = *runlog::decompressed(name, content);
    }
    if (content.empty()) continue;                                  // opened just now
    const bool is_cut = content.size() < runlog::event_head_bytes;  // too early to tell what it holds
    if (!is_cut && runlog::format_of(name, content, options).about.name != runlog::tensorboard_events().about.name) {
      runlog::fail_at(name, 0, "holds no events of TensorBoard");
    }
    events.begin(name);
    bytes += take_blocks(events, rest, content);
  }
  if (bytes == 0) runlog::fail_at(folder.string(), 0, "empty");
  return finished(runlog::assemble(folder.string(), bytes, events.finish(), options), "tensorboard", options);
}

/// The log that a program left in its folder, by the names that they give it; empty: none.
fs::path log_in(const fs::path& folder) {
  for (const char* const name : {"trainer_state.json", "trainer_log.jsonl", "metrics.csv"}) {
    if (fs::is_regular_file(folder / name)) return folder / name;
  }
  fs::path found;
  for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (entry.path().extension() != ".wandb") continue;
    if (!found.empty()) {
      runlog::fail_at(folder.string(), 0,
                      concat({"has several runs of Weights & Biases, each a log of its own: ", found.string(), ", ",
                              entry.path().string()}));
    }
    found = entry.path();
  }
  return found;
}

RunLog read_folder(const fs::path& folder, const ReadOptions& options) {
  if (const std::vector<runlog::Metric> metrics = metrics_of(folder); !metrics.empty()) {
    std::size_t bytes = 0;
    for (const runlog::Metric& metric : metrics) bytes += metric.content.size();
    return finished(runlog::assemble(folder.string(), bytes, runlog::parse_mlflow_run(metrics), options), "mlflow",
                    options);
  }
  const std::vector<fs::path> files = event_files(folder);
  if (files.empty()) {
    if (const fs::path file = log_in(folder); !file.empty()) return parse_file(file, options);
    runlog::fail_at(
        folder.string(), 0,
        concat({"is a directory without event files of TensorBoard, metrics of MLflow or a log by its usual "
                "name, not a log; of the folder of a run, ",
                run_logs_text()}));
  }
  return read_events(folder, files, options);
}

}  // namespace

std::vector<std::string> log_parts(std::string_view name) {
  std::vector<std::string> parts;
  for (std::size_t at = name.find('+'); at != std::string_view::npos; at = name.find('+')) {
    parts.emplace_back(name.substr(0, at));
    name.remove_prefix(at + 1);
  }
  parts.emplace_back(name);
  return parts;
}

std::vector<fs::path> log_files(const fs::path& name) {
  std::error_code error;
  if (fs::exists(name, error)) return {name};
  const std::vector<std::string> parts = log_parts(name.string());
  const bool all_there =
      std::all_of(parts.begin(), parts.end(), [&](const fs::path& part) { return fs::exists(part, error); });
  return all_there ? std::vector<fs::path>(parts.begin(), parts.end()) : std::vector<fs::path>{};
}

namespace {

/// The first part of a log that is not there; all of `name` where none is.
std::string missing_part(const std::string& name) {
  std::error_code error;
  const auto there = [&](const std::string& part) { return fs::exists(part, error); };
  const std::vector<std::string> parts = log_parts(name);
  if (std::none_of(parts.begin(), parts.end(), there)) return name;
  return *std::find_if_not(parts.begin(), parts.end(), there);
}

/// In a file NaN is an error for a rate; among columns it may stand for "not logged", or be a mistake.
void note_missing_rates(RunLog& log) {
  if (!log.has("lr")) return;
  const std::vector<double>& lr = log.at("lr");
  const auto missing = [](double rate) { return std::isnan(rate); };
  const auto count = std::count_if(lr.begin(), lr.end(), missing);
  if (count == 0) return;
  const auto first = std::find_if(lr.begin(), lr.end(), missing) - lr.begin();
  log.notes.push_back(concat({"lr is nan in ", std::to_string(count), count == 1 ? " row" : " rows", ", first at step ",
                              std::to_string(log.step[static_cast<std::size_t>(first)]), ": taken as not logged"}));
}

}  // namespace

RunLog parse_log(std::string_view name, std::string_view content, const ReadOptions& options) {
  return parse_content(name, content, options, nullptr);
}

RunLog log_of_columns(std::string_view name, const NamedColumns& columns, const ReadOptions& options) {
  runlog::RawTable table;
  for (const auto& [source, values] : columns) {
    if (values.size() != columns.front().second.size()) {
      runlog::fail_at(
          name, 0,
          concat({"column ", runlog::printable(source), " has ", std::to_string(values.size()), " entries, column ",
                  runlog::printable(columns.front().first), " has ", std::to_string(columns.front().second.size())}));
    }
    runlog::RawColumn& column = table.columns.emplace_back();
    column.source = source;
    for (std::size_t row = 0; row < values.size(); ++row) {
      runlog::add_number(column, row, std::isnan(values[row]) ? std::nullopt : std::optional(values[row]));
    }
  }
  std::size_t bytes = 0;
  for (const auto& [source, values] : columns) bytes += values.size() * sizeof(double);
  runlog::Parsed parsed{.tables = {std::move(table)}};
  RunLog log = runlog::assemble(name, bytes, std::move(parsed), options);
  note_missing_rates(log);
  return finished(std::move(log), "columns", options);
}

RunLog read_log(const std::filesystem::path& file, const ReadOptions& options) {
  const fs::file_type type = type_of(file);
  if (type == fs::file_type::not_found) {
    const std::vector<fs::path> parts = log_files(file);
    if (parts.empty()) {
      const std::string missing = missing_part(file.string());
      throw MissingFile({.requirement = "no such file", .place = Place{missing}}, missing);
    }
    return read_joined(std::vector<std::string>(parts.begin(), parts.end()), options);
  }
  if (type == fs::file_type::directory) return read_folder(file, options);
  return parse_file(file, options);
}

}  // namespace scheduled
