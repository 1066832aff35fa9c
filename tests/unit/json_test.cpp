#include "base/json.hpp"
#include "scheduled/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "support/throws.hpp"

namespace scheduled {
namespace {

TEST(Json, PrintsWhatWasMade) {
  Json value = Json::object({{"T", 400}, {"peak", 1e-5}, {"name", "a \"b\"\n"}, {"absent", Json()}});
  value["rows"].push_back(true);
  value["rows"].push_back(2.0);
  value["best"]["bound"] = 0.5;
  EXPECT_EQ(value.dump(),
            R"({"T":400,"peak":1e-5,"name":"a \"b\"\n","absent":null,"rows":[true,2.0],"best":{"bound":0.5}})");
  EXPECT_EQ(Json::object({{"a", Json::array({1, 2})}, {"b", Json::object()}}).dump(2),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

TEST(Json, KeepsKindsAndOrder) {
  const Json value = Json::parse(R"( {"b": 1, "a": 1.0, "c": [null, false, "x", {}]} )");
  ASSERT_TRUE(value.is_object());
  EXPECT_EQ(value.members()[0].first, "b");
  EXPECT_TRUE(value.find("b")->is_whole());
  EXPECT_FALSE(value.find("a")->is_whole());
  EXPECT_EQ(value.find("b")->number(), 1.0);
  EXPECT_EQ(value.find("c")->items().size(), 4U);
  EXPECT_EQ(value.find("d"), nullptr);
  EXPECT_EQ(Json(1).find("a"), nullptr);
  EXPECT_FALSE(value.contains("d"));
  EXPECT_THROW(static_cast<void>(value.number()), std::logic_error);
  EXPECT_EQ(Json::parse("1") == Json::parse("1.0"), false);
}

TEST(Json, NumbersReadBackExactly) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const Json back = Json::parse(Json(value).dump());
    ASSERT_FALSE(back.is_whole());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.number()), std::bit_cast<std::uint64_t>(value));
  }
  for (const std::int64_t whole : {std::int64_t{0}, std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min(), (std::int64_t{1} << 53) + 1}) {
    EXPECT_EQ(Json::parse(Json(whole).dump()).whole(), whole);
  }
  EXPECT_EQ(Json::parse("9223372036854775808").number(), 9223372036854775808.0);
  EXPECT_EQ(Json(std::nan("")).dump(), "null");
  EXPECT_EQ(Json(-std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, TextsAreUtf8) {
  EXPECT_EQ(Json::parse(R"("\u00e9\ud83d\ude00\u0000")").text(), std::string("\xC3\xA9\xF0\x9F\x98\x80\0", 7));
  EXPECT_EQ(json_quoted(std::string_view("\0\x1F\x7F", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(json_quoted("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  constexpr const char* replaced = "\"\xEF\xBF\xBD\"";
  EXPECT_EQ(json_quoted("\xFF"), replaced);
  EXPECT_EQ(json_quoted("\xC3"), replaced);
  EXPECT_EQ(json_quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                          // overlong
  EXPECT_EQ(Json::parse(json_quoted("\xED\xA0\x80")).text().find('\xED'), std::string::npos);  // a surrogate
  EXPECT_EQ(error_of([] { Json::parse("\"\xFF\""); }), "is no valid JSON, at byte 2");
}

TEST(Json, SaysWhatIsWrong) {
  constexpr const char* cut = "is no valid JSON: it ends too soon; the text may be cut off";
  const std::string whole = R"({"a": [1, {"b": "x"}], "c": true})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(error_of([&] { Json::parse(std::string_view(whole).substr(0, length)); }), cut) << length;
  }
  EXPECT_EQ(error_of([] { Json::parse("[1,]"); }), "is no valid JSON, at byte 4");
  EXPECT_EQ(error_of([] { Json::parse("{} {}"); }), "is no valid JSON, at byte 4");
  EXPECT_EQ(error_of([] { Json::parse("[NaN]"); }), "is no valid JSON, at byte 2");
  EXPECT_EQ(error_of([] { Json::parse("1e400"); }).substr(0, 16), "is no valid JSON");
  EXPECT_EQ(error_of([] { Json::parse(R"({"a": [{"b": 1, "b": 2}]})"); }), "key 'a.b' is given twice");
  EXPECT_EQ(error_of([] { Json::parse("/* c */ 1"); }), "is no valid JSON, at byte 1");
  EXPECT_EQ(Json::parse("/* c */ 1 // d", true), Json(1));
}

TEST(Json, NestsOf64LevelsAreRead) {
  const auto nest = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Json::parse(nest(64)).dump(), nest(64));
  EXPECT_EQ(error_of([&] { Json::parse(nest(65)); }), "is nested more than 64 deep");
  EXPECT_EQ(error_of([&] { Json::parse(std::string(1000000, '[')); }), "is nested more than 64 deep");
}

TEST(Json, ObjectsOfManyKeysAreReadInTime) {
  std::string text = "{";
  for (int k = 0; k < 100000; ++k)
    text += (k == 0 ? "\"" : ",\"") + std::to_string(k) + "\":[" + std::to_string(k) + "]";
  const Json value = Json::parse(text + "}");
  EXPECT_EQ(value.members().size(), 100000U);
  EXPECT_EQ(value.members().back().second.items().front().whole(), 99999);
}

}  // namespace
}  // namespace scheduled
