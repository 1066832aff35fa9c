#include "schedule/stage_text.hpp"

#include <array>
#include <vector>

#include "base/text.hpp"
#include "schedule/decays/registry.hpp"
#include "schedule/keys.hpp"
#include "schedule/reader.hpp"
#include "schedule/text.hpp"
#include "schedule/warmups/registry.hpp"

namespace scheduled {
namespace {

using Curve = decltype(Stage::curve);

constexpr std::string_view holding = "hold";
constexpr std::string_view rewarming = "rewarm";
constexpr Key curve_of_rewarm{"curve", &Stage::Rewarm::curve, "shape of the rise", "", true};

const std::vector<std::string_view>& curve_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all{holding, rewarming};
    const auto decays = part_names<Decay>();
    all.insert(all.end(), decays.begin(), decays.end());
    return all;
  }();
  return names;
}

Curve make_curve(std::size_t index) {
  if (index == 0) return Stage::Hold{};
  if (index == 1) return Stage::Rewarm{};
  return make_part<Decay>(index - 2);
}

/// visit() for the keys of a curve.
template <class Curves, class Visitor>
void visit_curve(Curves& curve, Visitor& visit) {
  if (auto* const decay = std::get_if<Decay>(&curve)) visit_part(*decay, visit);
  if (auto* const rise = std::get_if<Stage::Rewarm>(&curve)) {
    visit(curve_of_rewarm, rise->curve, WarmupCurve{});
    visit_part(rise->curve, visit);
  }
}

std::string_view name_of_curve(const Curve& curve) {
  if (const auto* const decay = std::get_if<Decay>(&curve)) return part_name(*decay);
  return std::holds_alternative<Stage::Hold>(curve) ? holding : rewarming;
}

/// What follows the curve's name: its keys, and the clauses by their first word.
struct Clauses {
  Json keys;
  Json said = Json::object();

  Clauses(std::string_view name, std::span<const std::string_view> words) : keys(Json::object({{"schedule", name}})) {
    const bool holds = name == holding;
    const std::vector<std::string_view> known = holds ? std::vector<std::string_view>{"at", "over", "until"}
                                                      : std::vector<std::string_view>{"from", "to", "over", "until"};
    for (std::size_t k = 0; k < words.size(); ++k) {
      const std::string_view word = words[k];
      if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
        add(keys, word.substr(0, equals), word.substr(equals + 1));
        continue;
      }
      if (std::find(known.begin(), known.end(), word) == known.end()) {
        fail_value(beginning_of(word, 60), std::string_view(), must_be_one_of(word, known));
      }
      if (++k == words.size()) fail_argument(word, "must be followed by its value");
      add(said, word, words[k]);
    }
  }

  template <class T>
  void read(std::string_view word, std::optional<T>& value) const {
    if (const Json* const given = said.find(word)) read_value(word, *given, value);
  }

 private:
  static void add(Json& to, std::string_view key, std::string_view value) {
    if (key.empty() || key == "schedule" || value.empty()) fail_argument(key, "key=value is expected");
    if (to.contains(key)) fail_argument(key, "is given twice");
    to.add(key, value);
  }
};

Stage read_stage(std::string_view text) {
  const std::vector<std::string_view> words = split(text);
  if (words.empty()) fail_argument("curve", "must be given, such as hold or linear");
  const std::size_t index = find_word("curve", words.front(), curve_names());
  const Clauses clauses(curve_names()[index], std::span(words).subspan(1));
  Stage stage;
  stage.curve = make_curve(index);
  Reader reader(clauses.keys);
  visit_curve(stage.curve, reader);
  reader.finish(curve_names()[index]);
  clauses.read("at", stage.from);
  clauses.read("from", stage.from);
  clauses.read("to", stage.to);
  clauses.read("over", stage.over);
  clauses.read("until", stage.until);
  return stage;
}

}  // namespace

ArgumentError::Fields of_piece(const ArgumentError& error, std::string_view text, std::optional<std::size_t> k) {
  ArgumentError::Fields fields{.name = "pieces", .value = in_quotes(text), .requirement = error.what()};
  if (k) fields.index = static_cast<std::int64_t>(*k);
  return fields;
}

Stage parse_stage(std::string_view text) {
  try {
    return read_stage(text);
  } catch (const ArgumentError& error) {
    throw ArgumentError(of_piece(error, trimmed(text), std::nullopt));
  }
}

std::string print_stage(const Stage& stage) {
  const std::string_view name = name_of_curve(stage.curve);
  Writer writer(name);
  visit_curve(stage.curve, writer);
  std::string text(name);
  for (const auto& [key, value] : writer.spec.members()) {
    if (key != "schedule") text += concat({" ", key, "=", value_text(value)});
  }
  const auto add = [&](std::string_view word, const std::string& value) { text += concat({" ", word, " ", value}); };
  if (stage.from) add(name == holding ? "at" : "from", print_rate(*stage.from));
  if (stage.to) add("to", print_rate(*stage.to));
  if (stage.over) add("over", print_duration(*stage.over));
  if (stage.until) add("until", print_duration(*stage.until));
  return text;
}

Json to_value(const std::vector<Stage>& pieces) {
  Json::Array items;
  for (const Stage& piece : pieces) items.emplace_back(print_stage(piece));
  return items;
}

void read_value(std::string_view key, const Json& given, std::vector<Stage>& pieces) {
  if (!given.is_array()) {
    fail_value(key, in_quotes(read_text(key, given)), "must be a list such as [hold until 80%, linear to 0]");
  }
  pieces.clear();
  for (std::size_t k = 0; k < given.items().size(); ++k) {
    pieces.push_back(at_entry(k, [&] { return parse_stage(read_text(key, given.items()[k])); }));
  }
}

}  // namespace scheduled
