// Objects of JSON texts, read key by key.
#include "base/object.hpp"

#include <gtest/gtest.h>

#include <array>

#include "scheduled/error.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

const Json run =
    Json::parse(R"({"steps": 40, "lr": 1e-3, "zero": 0, "log": true, "name": "a", "model": {"width": 2.5}})");
const ObjectReader reader(run, "run.json");

TEST(ObjectReader, ReadsEachKind) {
  EXPECT_EQ(reader.whole("steps", 1, 40), 40);
  EXPECT_EQ(reader.whole("others", 1, 40, 7), 7);
  EXPECT_EQ(reader.number("lr"), 1e-3);
  EXPECT_EQ(reader.number("steps"), 40.0);
  EXPECT_EQ(reader.positive("lr", 2.0), 1e-3);
  EXPECT_EQ(reader.positive("others", 2.0), 2.0);
  EXPECT_EQ(reader.non_negative("zero", 2.0), 0.0);
  EXPECT_TRUE(reader.flag("log"));
  EXPECT_FALSE(reader.flag("others", false));
  EXPECT_EQ(reader.text("name"), "a");
  EXPECT_EQ(reader.object("model").number("width"), 2.5);
  EXPECT_TRUE(reader.has("model"));
  EXPECT_FALSE(reader.has("width"));
}

TEST(ObjectReader, NamesTheKeyItsValueAndWhatIsAllowed) {
  const auto said = [](auto call) { return error_of([&] { static_cast<void>(call()); }); };
  EXPECT_EQ(said([] { return reader.whole("steps", 1, 39); }),
            "run.json: steps = 40: must be a whole number from 1 to 39");
  EXPECT_EQ(said([] { return reader.whole("lr", 0, 1); }), "run.json: lr = 0.001: must be a whole number from 0 to 1");
  EXPECT_EQ(said([] { return reader.number("size"); }), "run.json: size: is missing; must be a number");
  EXPECT_EQ(said([] { return reader.number("name"); }), "run.json: name = \"a\": must be a number");
  EXPECT_EQ(said([] { return reader.positive("zero", 1.0); }), "run.json: zero = 0: must be a number > 0");
  EXPECT_EQ(said([] { return reader.flag("steps"); }), "run.json: steps = 40: must be true or false");
  EXPECT_EQ(said([] { return reader.text("steps"); }), "run.json: steps = 40: must be text");
  EXPECT_EQ(said([] { return reader.object("name"); }), "run.json: name: must be an object {...}");
  EXPECT_EQ(said([] { return reader.object("model").whole("width", 1, 2); }),
            "run.json: model.width = 2.5: must be a whole number from 1 to 2");
  EXPECT_EQ(said([] { return ObjectReader(Json(1), "").has(""); }), "must be an object {...}");
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int k = 0; k < times; ++k) out += text;
  return out;
}

TEST(ObjectReader, OtherKeysAreNamedWithWhatWasMeant) {
  constexpr std::array<std::string_view, 2> keys{"widths", "heads"};
  EXPECT_EQ(error_of([&] { reader.object("model").only(keys); }),
            "run.json: model.width = 2.5: is no key of model; must be widths or heads; did you mean 'widths'?");
  const Json long_key = Json::parse(R"({")" + std::string(100, 'k') + R"(": ")" + std::string(100, 'v') + R"("})");
  try {
    ObjectReader(long_key, "").only(keys);
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.fields().name, std::string(60, 'k') + "...");
    EXPECT_EQ(error.fields().value, "\"" + std::string(59, 'v') + "...");
    EXPECT_EQ(error.fields().requirement, "is no key; must be widths or heads");
    EXPECT_FALSE(error.fields().place);
  }
  const Json accents = Json::parse("{\"k" + repeated("é", 50) + "\": \"" + repeated("é", 50) + "\"}");
  try {
    ObjectReader(accents, "").only(keys);
    FAIL();
  } catch (const ArgumentError& error) {  // cut between characters
    EXPECT_EQ(error.fields().name, "k" + repeated("é", 29) + "...");
    EXPECT_EQ(error.fields().value, "\"" + repeated("é", 29) + "...");
  }
}

}  // namespace
}  // namespace scheduled
