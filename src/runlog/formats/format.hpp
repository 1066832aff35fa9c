// The log formats: one file each, listed in registry.cpp. Private.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runlog/table.hpp"

namespace scheduled::runlog {

/// Reads a log that grows, line by line: what a line holds; nothing where it is no row (a header, say). Keeps what it
/// must know of earlier lines. Throws ArgumentError as the parser of whole files.
using LineParser = std::function<std::optional<Parsed>(const Source& line)>;

/// Reads a log from its front to its back, so that what it has read can be let go.
class BlockParser {
 public:
  virtual ~BlockParser() = default;
  /// Reads what is whole in `bytes`, which go on where the last call stopped, and returns how many bytes that was: the
  /// others come again, with more behind them. Of the last bytes of the log it reads all.
  virtual std::size_t take(std::string_view bytes, bool last) = 0;
  virtual Parsed finish() = 0;
};

struct Format {
  LogFormat about;
  std::function<bool(std::string_view content)> recognises;  ///< by content; never throws
  std::function<Parsed(const Source&)> parse;
  std::function<LineParser()> line_parser = nullptr;  ///< null: not line by line
  /// For a log that begins with `head`, which it recognises; null, or none: it is read as a whole.
  std::function<std::unique_ptr<BlockParser>(std::string_view name, std::string_view head)> blocks = nullptr;
};

/// A whole log by a parser of blocks.
inline Parsed parse_whole(BlockParser&& parser, std::string_view content) {
  parser.take(content, true);
  return parser.finish();
}

/// In the order in which they are asked; the last one takes every text.
const std::vector<Format>& formats();

/// The format that `options` insist on, else the first that recognises `content`. Throws ArgumentError: unknown name,
/// or bytes that are no text.
const Format& format_of(std::string_view file, std::string_view content, const ReadOptions& options);

// Each format's own file.
Format json_history();
Format trainer_state();
Format json_array();
Format json_lines();
Format tensorboard_events();
Format tensorboard_csv();
Format wandb_chart();
Format wandb_file();
Format mlflow();
Format mlflow_csv();
Format delimited();
std::vector<Format> text_logs();
/// Lines that match templates of the user's.
Format patterns(const std::vector<std::string>& templates);

}  // namespace scheduled::runlog
