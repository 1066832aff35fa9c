// TensorBoard's event files, of which a run has one for each start. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runlog/formats/format.hpp"
#include "runlog/formats/sparse_rows.hpp"

namespace scheduled::runlog {

/// Of a record: its length, and the checksum of that.
inline constexpr std::size_t event_head_bytes = 12;

/// The event files of one run, in the order in which they were begun, as one table.
class EventFiles final : public BlockParser {
 public:
  /// `several`: notes name the file.
  explicit EventFiles(bool several = false);

  /// What `take` gets from now on stands in `file`.
  void begin(std::string_view file);
  /// Throws ArgumentError where a record's checksum does not match; a file that ends within a record is noted.
  std::size_t take(std::string_view bytes, bool last) override;
  Parsed finish() override;

 private:
  void event(std::string_view bytes, std::size_t number);
  /// Most programs write an event for each scalar: those of one step that follow each other are one row.
  void scalar(std::string_view value, std::int64_t step, std::size_t number);

  bool several_;
  std::string file_;
  std::size_t records_ = 0;  // of this file
  SparseRows rows_;
  std::vector<std::string> notes_;
  std::size_t events_ = 0;  // of all files
  std::int64_t step_ = 0;   // of the last row
};

}  // namespace scheduled::runlog
