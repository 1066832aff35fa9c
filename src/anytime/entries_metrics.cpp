// Metrics as the text of an entry.
#include <array>
#include <charconv>

#include "anytime/entries.hpp"

namespace scheduled::anytime {

std::string metrics_text(std::span<const std::string> names, std::span<const MetricRow> rows) {
  Json list = Json::array();
  for (const std::string& name : names) list.push_back(json_of_bytes(name));
  std::string text = list.dump() + '\n';
  std::array<char, 128> row{};
  for (const MetricRow& metric : rows) {
    char* at = row.data();
    char* const end = row.data() + row.size();
    for (const std::int64_t number : {metric.session, metric.step, static_cast<std::int64_t>(metric.name)}) {
      at = std::to_chars(at, end, number).ptr;
      *at++ = ' ';
    }
    at = std::to_chars(at, end, metric.value).ptr;
    *at++ = '\n';
    text.append(row.data(), static_cast<std::size_t>(at - row.data()));
  }
  return text;
}

void read_rows(std::string_view text, const std::function<void(const std::vector<std::string>& names)>& use_names,
               const std::function<void(const MetricRow& row)>& use_row) {
  std::vector<std::string> names;
  const Json list = parse_entry(take_line(text));
  if (!list.is_array()) not_understood(list.dump());
  for (const Json& name : list.items()) names.push_back(bytes_of_json(name));
  use_names(names);
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at != end) {
    MetricRow row;
    std::int64_t name = 0;
    for (std::int64_t* const number : {&row.session, &row.step, &name}) {
      const auto [next, error] = std::from_chars(at, end, *number);
      if (error != std::errc() || next == end || *next != ' ') not_understood({at, static_cast<std::size_t>(end - at)});
      at = next + 1;
    }
    const auto [next, error] = std::from_chars(at, end, row.value);
    if (error != std::errc() || next == end || *next != '\n' || name < 0 ||
        static_cast<std::size_t>(name) >= names.size()) {
      not_understood({at, static_cast<std::size_t>(end - at)});
    }
    at = next + 1;
    row.name = static_cast<std::size_t>(name);
    use_row(row);
  }
}

}  // namespace scheduled::anytime
