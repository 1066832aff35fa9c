#include <algorithm>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "runlog/formats/delimited.hpp"
#include "runlog/formats/format.hpp"
#include "runlog/names.hpp"
#include "runlog/strange.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

/// Bytes that no text has.
bool is_binary(std::string_view content) {
  constexpr std::size_t enough = 4096;
  return content.substr(0, enough).find('\0') != std::string_view::npos;
}

std::string format_names() {
  std::string names;
  for (const Format& format : formats()) names += concat({names.empty() ? "" : ", ", format.about.name});
  return names;
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> all = [] {
    std::vector<Format> list = {json_history(), trainer_state(),      json_array(),
                                json_lines(),   tensorboard_events(), wandb_file()};
    for (Format& format : text_logs()) list.push_back(std::move(format));
    for (Format& format : std::vector<Format>{mlflow(), mlflow_csv(), tensorboard_csv(), wandb_chart(), delimited()}) {
      list.push_back(std::move(format));
    }
    return list;
  }();
  return all;
}

const Format& format_of(std::string_view file, std::string_view content, const ReadOptions& options) {
  if (!options.format.empty()) {
    std::vector<std::string_view> names;
    for (const Format& format : formats()) names.push_back(format.about.name);
    return formats()[find_word("format", options.format, names)];
  }
  const auto found = std::find_if(formats().begin(), formats().end(),
                                  [&](const Format& format) { return format.recognises(content); });
  if (found != formats().end() - 1) return *found;
  if (const std::string_view what = strange_file(content); !what.empty()) fail_at(file, 0, concat({"no log: ", what}));
  if (is_binary(content)) {
    fail_at(file, 0, concat({"a binary file of no known format (it begins ", quote(content.substr(0, 8)), ")"}));
  }
  const std::vector<std::string> header = header_of(content.substr(content.find_first_not_of(" \t\r\n")));
  if (begins_with_date(content) || (header.size() == 1 && !is_usual("step", header.front()))) {
    fail_at(file, 0,
            concat({"text of no known format (", format_names(), "); ", pattern_text("step {step}: loss {train_loss}"),
                    " says how its lines look"}));
  }
  return *found;
}

}  // namespace scheduled::runlog

namespace scheduled {

std::span<const LogFormat> log_formats() {
  static const std::vector<LogFormat> all = [] {
    std::vector<LogFormat> list;
    for (const runlog::Format& format : runlog::formats()) list.push_back(format.about);
    return list;
  }();
  return all;
}

}  // namespace scheduled
