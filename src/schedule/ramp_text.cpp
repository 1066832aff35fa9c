// A batch that changes, as text: [0:768, 250Btok:1536, 500Btok:3072 by 512]. Also as one text, as Megatron-LM has it:
// "0:768 250B:1536".
#include "base/error.hpp"
#include "base/text.hpp"
#include "schedule/text.hpp"
#include "schedule/value.hpp"

namespace scheduled {
namespace {

constexpr std::string_view form = "must be a number, or a list such as [0:768, 250Btok:1536]";
constexpr std::string_view by = "by";

/// The words of one MARK:BATCH [by CHANGE].
BatchChange parse_change(std::string_view key, std::span<const std::string_view> words, std::string_view said) {
  const auto reject = [&] { fail_value(key, in_quotes(said), "must be MARK:BATCH or MARK:BATCH by CHANGE"); };
  if (words.empty() || (words.size() != 1 && (words.size() != 3 || words[1] != by))) reject();
  const std::size_t colon = words[0].find(':');
  if (colon == std::string_view::npos) reject();
  const auto count = [&](std::string_view text) {
    double number = 0.0;
    read_value(key, Json(text), WholeCount{number});
    return number;
  };
  BatchChange change{parse_duration(key, words[0].substr(0, colon)), count(words[0].substr(colon + 1))};
  if (words.size() == 3) change.by = count(words[2]);
  return change;
}

/// The entries of one text: separated by commas or, as only a `by` stands between blanks, by these.
std::vector<std::string> entries_of(std::string_view text) {
  std::vector<std::string> entries;
  for (const std::string_view part : split(text, ",")) {
    const std::vector<std::string_view> words = split(part);
    for (std::size_t k = 0; k < words.size(); ++k) {
      const bool goes_on = k > 0 && (words[k] == by || words[k - 1] == by);
      if (goes_on) {
        entries.back() += concat({" ", words[k]});
      } else {
        entries.emplace_back(words[k]);
      }
    }
  }
  return entries;
}

}  // namespace

Json batch_value(const StepSize& size) {
  if (size.ramp.empty()) return to_value(WholeCount{size.examples});
  const auto entry = [](const std::string& mark, double batch, double change) {
    return concat({mark, ":", format_number(batch), change > 0.0 ? concat({" by ", format_number(change)}) : ""});
  };
  Json::Array items{entry("0", size.examples, 0.0)};
  for (const BatchChange& change : size.ramp) {
    items.emplace_back(entry(print_duration(change.at), change.batch, change.by));
  }
  return items;
}

void read_batch(std::string_view key, const Json& given, StepSize& size) {
  std::vector<std::string> entries;
  if (given.is_array()) {
    for (std::size_t k = 0; k < given.items().size(); ++k) {
      entries.push_back(at_entry(k, [&] { return read_text(key, given.items()[k]); }));
    }
  } else {
    const std::string text = read_text(key, given);
    if (text.find(':') == std::string::npos) return read_value(key, given, WholeCount{size.examples});
    entries = entries_of(text);
  }
  if (entries.empty()) fail_value(key, "[]", form);
  size.ramp.clear();
  for (std::size_t k = 0; k < entries.size(); ++k) {
    at_entry(k, [&] {
      const BatchChange change = parse_change(key, split(entries[k]), entries[k]);
      if (k > 0) {
        size.ramp.push_back(change);
      } else if (change.at != Duration{} || change.by != 0.0) {
        fail_value(key, in_quotes(entries[k]), "must begin with the batch of step 0, such as 0:768");
      } else {
        size.examples = change.batch;
      }
    });
  }
}

}  // namespace scheduled
