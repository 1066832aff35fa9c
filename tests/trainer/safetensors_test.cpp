// The safetensors reader and writer on good and on bad bytes.
#include "trainer/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "fuzz/safetensors_target.hpp"
#include "support/run_folder.hpp"
#include "support/throws.hpp"

namespace scheduled::trainer {
namespace {

/// A file with this header and so many bytes of zeros.
std::string file(std::string_view header, std::size_t bytes) {
  const std::uint64_t length = header.size();
  std::string text(sizeof(length), '\0');
  std::memcpy(text.data(), &length, sizeof(length));
  return text.append(header) + std::string(bytes, '\0');
}

std::string refused(const std::string& bytes) {
  return error_of([&] { parse_safetensors(std::as_bytes(std::span(bytes))); });
}

TEST(Safetensors, ReadsWhatItWrites) {
  const TemporaryFolder folder;
  const std::vector<float> matrix{1.0F, -0.0F, 1e-45F, 3e38F, 5.0F, 6.0F};
  const std::vector<float> gains{0.5F};
  const std::vector<NamedTensor> tensors{{"matrix", {2, 3}, matrix}, {"gains \"é\"", {1}, gains}, {"none", {0, 4}, {}}};
  write_safetensors(folder / "file", tensors);
  std::ifstream in(folder / "file", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(header_of(tensors).size() % 8, 0U);
  const auto read = parse_safetensors(std::as_bytes(std::span(bytes)));
  ASSERT_EQ(read.size(), 3U);
  for (const NamedTensor& tensor : tensors) {
    const StoredTensor& stored = read.at(tensor.name);
    EXPECT_EQ(stored.dtype, "F32");
    EXPECT_EQ(stored.shape, tensor.shape);
    std::vector<float> values(tensor.values.size());
    stored.copy_to(values);
    EXPECT_TRUE(values.empty() || std::memcmp(values.data(), tensor.values.data(), tensor.values.size_bytes()) == 0);
  }
  std::vector<float> wrong(5);
  EXPECT_EQ(error_of([&] { read.at("matrix").copy_to(wrong); }), "safetensors: 24 bytes of values: must be 20");
}

TEST(Safetensors, WritingToAFullDiskFails) {
  const std::vector<float> values(100000);
  const NamedTensor tensor{"a", {100000}, values};
  EXPECT_THROW(write_safetensors("/dev/full", {&tensor, 1}), std::runtime_error);
}

TEST(Safetensors, SaysWhatIsWrong) {
  const auto one = [](const char* entry) { return std::string(R"({"a":)") + entry + "}"; };
  EXPECT_EQ(refused("abc"), "safetensors: 3 bytes: too short for a header");
  EXPECT_EQ(refused(std::string(8, '\xff')),
            "safetensors: a header of 18446744073709551615 bytes does not fit into the file of 8");
  EXPECT_EQ(refused(file("{", 0)),
            "safetensors: the header is no valid JSON: it ends too soon; the text may be cut off");
  EXPECT_EQ(refused(file(R"({"a":1,"a":1})", 0)), "safetensors: the header key 'a' is given twice");
  EXPECT_EQ(refused(file("[1]", 0)), "safetensors: the header must be a JSON object of tensors");
  EXPECT_EQ(refused(file(one("1"), 0)), "safetensors: tensor 'a': must be an object");
  EXPECT_EQ(refused(file(one(R"({"shape":[],"data_offsets":[0,4]})"), 4)), "safetensors: tensor 'a': has no dtype");
  EXPECT_EQ(refused(file(one(R"({"dtype":"X","shape":[],"data_offsets":[0,4]})"), 4)),
            "safetensors: tensor 'a': unknown dtype 'X'");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), 4)),
            "safetensors: tensor 'a': sizes in shape must be whole numbers >= 0");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,1e300]})"), 4)),
            "safetensors: tensor 'a': data_offsets must be whole numbers >= 0");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})"), 4)),
            "safetensors: tensor 'a': data_offsets [0, 8] lie outside of the 4 bytes of data");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), 4)),
            "safetensors: tensor 'a': has 4 bytes, its shape needs 8");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]})"), 0)),
            "safetensors: tensor 'a': shape is too large");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), 8)),
            "safetensors: tensors overlap or leave a hole at byte 0 of the data");
  EXPECT_EQ(refused(file(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), 8)),
            "safetensors: 4 bytes after the last tensor");
}

TEST(Safetensors, CorpusOfTheFuzzTarget) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SCHEDULED_TEST_DIR) + "/fuzz/corpus/safetensors")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_NO_THROW(fuzz::safetensors(bytes)) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 16);
}

}  // namespace
}  // namespace scheduled::trainer
