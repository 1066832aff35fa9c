#include "cli/worst_case_function.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "bound/records.hpp"
#include "shell/file.hpp"

namespace scheduled::cli {
namespace {

using namespace shell;

// A .npz is a ZIP archive of .npy files, here stored without compression.

std::uint32_t crc32(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t n = 0; n < 256; ++n) {
      std::uint32_t c = n;
      for (int k = 0; k < 8; ++k) c = (c & 1U) != 0 ? 0xEDB88320U ^ (c >> 1U) : c >> 1U;
      made[n] = c;
    }
    return made;
  }();
  std::uint32_t c = 0xFFFFFFFFU;
  for (const char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (c >> 8U);
  return c ^ 0xFFFFFFFFU;
}

/// Little-endian, `size` bytes.
void append(std::string& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::string npy(std::span<const double> values) {
  std::string header = fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({},), }}", values.size());
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string out = "\x93NUMPY\x01";
  out += '\0';
  append(out, header.size(), 2);
  out += header;
  for (const double value : values) append(out, std::bit_cast<std::uint64_t>(value), 8);
  return out;
}

class Zip {
 public:
  void add(std::string_view name, std::string_view content) {
    const std::size_t offset = bytes_.size();
    std::string common;  // of both headers
    append(common, 20, 2);
    append(common, 0, 4);           // flags, method: stored
    append(common, 0x00210000, 4);  // time and date: 1980-01-01
    append(common, crc32(content), 4);
    append(common, content.size(), 4);
    append(common, content.size(), 4);
    append(common, name.size(), 2);
    append(common, 0, 2);
    append(bytes_, 0x04034B50, 4);
    bytes_ += common;
    bytes_ += name;
    bytes_ += content;
    append(directory_, 0x02014B50, 4);
    append(directory_, 20, 2);
    directory_ += common;
    append(directory_, 0, 2 + 2 + 2 + 4);
    append(directory_, offset, 4);
    directory_ += name;
    ++count_;
  }

  std::string finish() && {
    const std::size_t offset = bytes_.size();
    bytes_ += directory_;
    append(bytes_, 0x06054B50, 4);
    append(bytes_, 0, 4);
    append(bytes_, count_, 2);
    append(bytes_, count_, 2);
    append(bytes_, directory_.size(), 4);
    append(bytes_, offset, 4);
    append(bytes_, 0, 2);
    return std::move(bytes_);
  }

 private:
  std::string bytes_, directory_;
  std::size_t count_ = 0;
};

std::string npz(const WorstCaseFunction& function) {
  Zip zip;
  for_each_field<WorstCaseFunction>([&](const auto& field) {
    const auto& value = std::invoke(field.get, function);
    std::vector<double> values;
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>) {
      values.push_back(static_cast<double>(value));
    } else {
      for (const auto entry : value) values.push_back(static_cast<double>(entry));
    }
    zip.add(std::string(field.name) + ".npy", npy(values));
  });
  return std::move(zip).finish();
}

bool is_npz(const std::string& file) { return file.ends_with(".npz"); }

}  // namespace

void check_function_file(const std::string& file) {
  if (!is_npz(file) && !file.ends_with(".json")) fail_value("--function", file, "must end in .json or .npz");
  check_writable(file);
}

void write_function(const std::string& file, const WorstCaseFunction& function) {
  // A ZIP archive without extensions holds 4 GiB.
  constexpr std::size_t most = 50'000'000;
  if (is_npz(file) && function.lr.size() > most) {
    fail_value("--function", file, fmt::format("holds at most {} steps", most));
  }
  write_file(file, is_npz(file) ? npz(function) : to_json(function).dump() + "\n");
}

std::string run_text(const WorstCaseFunction& function, const WorstCaseRun& run) {
  const double gap = run.last / function.value - 1.0;
  return fmt::format(
      "the method on the worst function, {} piece{} in {} dimension{}\n"
      "  f(x_1)  {:.12g}\n  f(x_T)  {:.12g}\n  bound   {:.12g}, f(x_T) is {}\n",
      function.lr.size(), function.lr.size() == 1 ? "" : "s", function.dimension(),
      function.dimension() == 1 ? "" : "s", run.first, run.last, function.value,
      std::fabs(gap) < 1e-12 ? "the same to 12 digits"
                             : fmt::format("{} by {:.1e} of it", gap < 0 ? "smaller" : "larger", std::fabs(gap)));
}

}  // namespace scheduled::cli
