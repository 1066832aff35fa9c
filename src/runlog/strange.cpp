#include "runlog/strange.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "runlog/formats/delimited.hpp"

namespace scheduled::runlog {
namespace {

struct Beginning {
  std::string_view bytes, what;
};

constexpr auto beginnings = std::to_array<Beginning>({
    {"SQLite format 3", "an SQLite database, as Trackio, Aim and MLflow keep runs in: export the run as CSV"},
    {"PK\x03\x04", "a zip archive, as checkpoints of PyTorch are"},
    {"\x80\x02", "a pickle of Python, as old checkpoints of PyTorch are"},
    {"\x80\x03", "a pickle of Python"},
    {"\x80\x04", "a pickle of Python"},
    {"\x80\x05", "a pickle of Python"},
    {"PAR1", "a Parquet file: write it as CSV"},
    {"ARROW1", "an Arrow file: write it as CSV"},
    {"\x93NUMPY", "a NumPy array"},
    {"\x89HDF", "an HDF5 file"},
    {"\x89PNG", "a PNG picture"},
    {"\xff\xd8\xff", "a JPEG picture"},
    {"%PDF", "a PDF document"},
    {"\x7f"
     "ELF",
     "a program"},
    {"BZh", "a bzip2 archive: gzip and zstd are read"},
    {"\xfd"
     "7zXZ",
     "an xz archive: gzip and zstd are read"},
    {"<!DOCTYPE", "an HTML page"},
    {"<html", "an HTML page"},
    {"{\\rtf", "an RTF document"},
    {"\xff\xfe", "text in UTF-16, as PowerShell's > writes it: write it as UTF-8 (iconv -f UTF-16 -t UTF-8)"},
    {"\xfe\xff", "text in UTF-16: write it as UTF-8 (iconv -f UTF-16 -t UTF-8)"},
});

/// Headings, fences or quotes at its beginning, where no table with a step column begins.
bool is_markdown(std::string_view content) {
  const std::string_view line = trimmed(content.substr(0, content.find('\n')));
  const std::size_t hashes = std::min(line.find_first_not_of('#'), line.size());
  const bool heading = hashes >= 1 && hashes <= 6 && line.size() > hashes && line[hashes] == ' ';
  const bool fence = line.starts_with("```") || line.starts_with("> ") || line.starts_with("[!") || line == "---";
  return (heading || fence) && !has_step_header(content);
}

/// Dictionaries of Python with a loss, as the Trainer prints them.
bool is_printed_by_trainer(std::string_view content) {
  constexpr std::size_t enough = std::size_t{1} << 20;
  return content.substr(0, enough).find("{'loss': ") != std::string_view::npos && !has_step_header(content);
}

}  // namespace

std::string_view strange_file(std::string_view content) {
  const auto found = std::find_if(beginnings.begin(), beginnings.end(),
                                  [&](const Beginning& one) { return content.starts_with(one.bytes); });
  if (found != beginnings.end()) return found->what;
  const std::string_view text = content.substr(std::min(content.find_first_not_of(" \t\r\n"), content.size()));
  if (text.empty()) return {};
  if (is_markdown(text)) return "a Markdown text";
  if (is_printed_by_trainer(text)) {
    return "what Hugging Face's Trainer prints, which has no steps: trainer_state.json, in the folder of a checkpoint, "
           "has "
           "them";
  }
  return {};
}

}  // namespace scheduled::runlog
