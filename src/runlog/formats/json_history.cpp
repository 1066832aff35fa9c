// The logs of 2501.18965: {"config": {...}, "summary": {...}, "history": {"train": {"iter": [...], ...}, "val": {...},
// ...}}.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/json_outline.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

using Meta = std::map<std::string, MetaValue>;

/// One pass over the text that keeps what a log needs. A tree of the whole file would take ten times as long: most of
/// it are histograms that nobody asks for.
class LogReader {
 public:
  bool null() {
    if (scope() == Scope::column) add_number(tables[section_].columns.back(), index_++, std::nullopt);
    return true;
  }
  bool boolean(bool value) { return keep(value ? 1.0 : 0.0) || other(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) { return number(value); }
  bool string(std::string& value) {
    if (scope() != Scope::column) return keep(value) || other(quote(value));
    add_text(tables[section_].columns.back(), index_++, value);
    return true;
  }
  bool binary(std::vector<std::uint8_t>&) { return true; }

  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (scope_.size() <= key_.size()) key_[scope_.size() - 1] = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) {
    stop = {position, token, error.id};
    return false;
  }

  /// "history.train.train_loss[17]": where the parser is.
  std::string path() const {
    std::string text;
    for (std::size_t i = 0; i < std::min(scope_.size(), key_.size()); ++i) {
      if (key_[i].empty()) break;
      if (i > 0) text += ".";
      text += printable(key_[i]);
    }
    if (scope() == Scope::column) text += concat({"[", std::to_string(index_), "]"});
    return text;
  }

  std::array<RawTable, 3> tables = {RawTable{"history.train", {}, {}}, RawTable{"history.val", {}, {}},
                                    RawTable{"history.final-val", {}, {}}};
  Meta config;
  Meta summary;
  std::optional<JsonStop> stop;

 private:
  enum class Scope : std::uint8_t { other, top, config, summary, history, train, val, final_val, column };

  Scope scope() const { return scope_.empty() ? Scope::other : scope_.back(); }
  const std::string& key_here() const { return key_[scope_.size() - 1]; }
  bool in_section() const { return scope() >= Scope::train && scope() <= Scope::final_val; }

  Scope child_object() const {
    if (scope_.empty()) return Scope::top;
    if (scope() == Scope::top) {
      if (key_here() == "config") return Scope::config;
      if (key_here() == "summary") return Scope::summary;
      if (key_here() == "history") return Scope::history;
    }
    if (scope() == Scope::history) {
      if (key_here() == "train") return Scope::train;
      if (key_here() == "val") return Scope::val;
      if (key_here() == "final-val") return Scope::final_val;
    }
    return Scope::other;
  }

  bool open(bool object) {
    Scope child = object ? child_object() : Scope::other;
    if (!object && in_section()) {
      begin_column();
      child = Scope::column;
    } else if (in_section() || scope() == Scope::column) {
      other(object ? "{...}" : "[...]");
    }
    scope_.push_back(child);
    if (scope_.size() <= key_.size()) key_[scope_.size() - 1].clear();
    return true;
  }

  bool close() {
    scope_.pop_back();
    return true;
  }

  void begin_column() {
    section_ = static_cast<std::size_t>(scope()) - static_cast<std::size_t>(Scope::train);
    tables[section_].columns.emplace_back().source = key_here();
    index_ = 0;
  }

  bool number(double value) {
    if (scope() != Scope::column) return keep(value) || other(format_number(value));
    add_number(tables[section_].columns.back(), index_++, value);
    return true;
  }

  /// Something that is no number where an array of numbers, or an entry of one, belongs.
  bool other(std::string text) {
    if (scope() == Scope::column) {
      add_fault(tables[section_].columns.back(), index_++, std::move(text), finite_text);
    } else if (in_section()) {
      begin_column();
      add_fault(tables[section_].columns.back(), Fault::whole_column, std::move(text), "must be an array of numbers");
    }
    return true;
  }

  /// Notes a configuration or summary value; false elsewhere.
  bool keep(MetaValue value) {
    if (scope() != Scope::config && scope() != Scope::summary) return false;
    (scope() == Scope::config ? config : summary).insert_or_assign(key_here(), std::move(value));
    return true;
  }

  std::vector<Scope> scope_;        // of each open container
  std::array<std::string, 3> key_;  // the last key of each of the outer containers; empty in arrays
  std::size_t section_ = 0;         // table of the open column
  std::size_t index_ = 0;           // next entry of the open column
};

[[noreturn]] void fail_json(std::string_view name, std::string_view content, const LogReader& reader) {
  const JsonFault fault = judge(content, *reader.stop);
  const std::string path = reader.path();
  const std::size_t line = line_of(content, reader.stop->position);
  const std::string in = path.empty() ? "" : concat({", in ", path});
  switch (fault.kind) {
    case JsonFault::Kind::truncated:
      fail_at(name, line, concat({"truncated at byte ", std::to_string(content.size()), in}));
    case JsonFault::Kind::not_finite:
      fail_at(name, line, path, fault.text, finite_text);
    case JsonFault::Kind::syntax:
      break;
  }
  fail_at(name, line, concat({"not JSON near ", fault.text, in}));
}

/// The last value of each series, under its own name: final_val_loss, ...
Meta final_values(const RawTable& table) {
  Meta meta;
  for (const RawColumn& column : table.columns) {
    if (column.source != "iter" && !column.fault && !column.not_finite && !column.value.empty())
      meta[column.source] = column.value.back();
  }
  return meta;
}

/// Of the summary, the values of the whole run. Other keys with a slash are the last values of logged series.
Meta summary_values(const Meta& summary) {
  constexpr std::string_view final_values = "final-val/";
  Meta meta;
  for (const auto& [key, value] : summary) {
    if (key.starts_with(final_values)) {
      meta["final_val_" + key.substr(final_values.size())] = value;
    } else if (key.find('/') == std::string::npos) {
      meta[key] = value;
    }
  }
  return meta;
}

Parsed parse_history(const Source& source) {
  LogReader reader;
  std::string storage;
  const std::string_view content = without_nan(source.content, storage);
  nlohmann::json::sax_parse(content.data(), content.data() + content.size(), &reader);
  if (reader.stop) fail_json(source.name, content, reader);
  Parsed parsed{.averages = true, .needs_steps = true};
  for (std::size_t i = 0; i < 2; ++i) {
    if (!reader.tables[i].columns.empty()) parsed.tables.push_back(std::move(reader.tables[i]));
  }
  if (parsed.tables.empty()) fail_at(source.name, 0, "history.train and history.val are both missing or empty");
  parsed.meta = std::move(reader.config);
  parsed.meta.merge(final_values(reader.tables[2]));
  parsed.meta.merge(summary_values(reader.summary));
  return parsed;
}

}  // namespace

Format json_history() {
  return {.about = {"history", "a JSON object with an object history of columns", "the logs published with 2501.18965"},
          .recognises =
              [](std::string_view content) {
                const std::size_t open = content.find_first_not_of(" \t\r\n");
                return content[open] == '{' && outline(content.substr(open)).has("history", '{');
              },
          .parse = parse_history};
}

}  // namespace scheduled::runlog
