#include "base/schema.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "law/records.hpp"
#include "schedule/records.hpp"

namespace scheduled {
namespace {

enum class Mood { calm, very_angry };
struct Small {
  double x = 0.5;
};
struct Large {
  std::int64_t count = 3;
  bool flag = true;
  Mood mood = Mood::calm;
  std::optional<std::string> note = {};
  std::optional<Small> perhaps = {};
  std::vector<Small> many = {};
  Small spread = {};
  Asked<Small> asked = {};
  std::optional<Mood> other = {};
  std::map<std::string, std::vector<double>> more = {};
};
struct Impostor {
  bool y = false;
};
struct Plain {
  std::int64_t n = 0;
};

}  // namespace

template <>
struct Words<Mood> {
  static constexpr std::array<std::string_view, 2> words{"calm", "very-angry"};
};
template <>
struct Record<Small> {
  static constexpr std::string_view name = "Small", meaning = "Little";
  static constexpr FieldList fields{Field{"x", &Small::x, "loss", "The value"}};
};
template <>
struct Record<Large> {
  static constexpr std::string_view name = "Large", meaning = "Much";
  static constexpr FieldList fields{Field{"count", &Large::count, "steps", "How many"},
                                    Field{"flag", &Large::flag, "", "Whether"},
                                    Field{"mood", &Large::mood, "", "How"},
                                    Field{"note", &Large::note, "", "Why"},
                                    Field{"perhaps", &Large::perhaps, "", "Perhaps"},
                                    Field{"many", &Large::many, "", "Some"},
                                    Field{"", &Large::spread, "", "Spread"},
                                    Field{"asked", &Large::asked, "", "Asked for"},
                                    Field{"other", &Large::other, "", "Or how"},
                                    Field{"", &Large::more, "", "By name"}};
};
template <>
struct Record<Plain> {
  static constexpr std::string_view name = "Plain", meaning = "Plain";
  static constexpr FieldList fields{Field{"n", &Plain::n, "", "n"}};
};
template <>
struct Record<Impostor> {
  static constexpr std::string_view name = "Small", meaning = "Another of the same name";
  static constexpr FieldList fields{Field{"y", &Impostor::y, "", "y"}};
};

namespace {

TEST(Schema, IsThatOfTheDescription) {
  constexpr std::array<MakeSchema, 1> forms{&make_schema<Large>};
  const Json schema = whole_schema("urn:x", "x", "About x", forms);
  EXPECT_EQ(schema.find("$ref")->text(), "#/$defs/Large");
  EXPECT_EQ(
      schema.find("$defs")->find("Large")->dump(),
      R"({"description":"Much","type":"object","properties":{)"
      R"("count":{"type":"integer","description":"How many [steps]"},"flag":{"type":"boolean","description":"Whether"},)"
      R"("mood":{"enum":["calm","very-angry"],"description":"How"},)"
      R"("note":{"type":["string","null"],"description":"Why"},)"
      R"("perhaps":{"anyOf":[{"$ref":"#/$defs/Small"},{"type":"null"}],"description":"Perhaps"},)"
      R"("many":{"type":"array","items":{"$ref":"#/$defs/Small"},"description":"Some"},)"
      R"("x":{"type":["number","null"],"description":"The value [loss]"},)"
      R"("asked":{"$ref":"#/$defs/Small","description":"Asked for"},)"
      R"("other":{"anyOf":[{"enum":["calm","very-angry"]},{"type":"null"}],"description":"Or how"}},)"
      R"("required":["count","flag","mood","note","perhaps","many","x","other"],)"
      R"("additionalProperties":{"type":"array","items":{"type":["number","null"]}}})");
  EXPECT_EQ(schema.find("$defs")->find("Small")->find("additionalProperties")->dump(), "false");
}

TEST(Schema, LeavesOutWhatIsNotPrinted) {
  constexpr std::array<MakeSchema, 1> forms{&make_schema<With<Plain, Without<Large, "many", "perhaps", "asked">>>};
  const Json schema = whole_schema("urn:x", "x", "About x", forms);
  EXPECT_EQ(schema.find("$defs")->members().size(), 1U);
  EXPECT_EQ(schema.find("$defs")->find("Plain")->find("required")->dump(),
            R"(["n","count","flag","mood","note","x","other"])");
}

TEST(Schema, HasOneRecordOfAName) {
  constexpr std::array<MakeSchema, 2> forms{&make_schema<Small>, &make_schema<Impostor>};
  EXPECT_THROW(whole_schema("urn:x", "x", "", forms), std::logic_error);
}

TEST(Schema, OfSeveralFormsIsAnyOfThem) {
  constexpr std::array<MakeSchema, 2> forms{&make_schema<Small>, &make_schema<std::vector<std::string>>};
  EXPECT_EQ(whole_schema("urn:x", "x", "", forms).find("anyOf")->dump(),
            R"([{"$ref":"#/$defs/Small"},{"type":"array","items":{"type":"string"}}])");
}

const Json* member_at(const Json& json, const std::vector<std::string_view>& path) {
  const Json* at = &json;
  for (const std::string_view key : path) at = at->find(key);
  return at;
}

TEST(Schema, OfSchedulesKnowsAllNamesAndKeys) {
  constexpr std::array<MakeSchema, 1> forms{&make_schema<ScheduleObject>};
  const Json schema = whole_schema("urn:x", "x", "", forms);
  const Json* const properties = member_at(schema, {"$defs", "Schedule", "properties"});
  for (const ScheduleHelp& help : schedule_help()) {
    for (const KeyHelp& key : help.keys) EXPECT_TRUE(properties->contains(key.key)) << key.key;
  }
  std::size_t names = 0;
  for (const Json& group : member_at(schema, {"$defs", "Schedule", "allOf"})->items()) {
    names += member_at(group, {"if", "properties", "schedule", "enum"})->items().size();
  }
  EXPECT_EQ(names, schedule_help().size());
  EXPECT_EQ(properties->find("steps")->find("type")->dump(), R"(["number","string"])");
  EXPECT_EQ(properties->find("after")->find("$ref")->text(), "#/$defs/Schedule");
}

}  // namespace
}  // namespace scheduled
