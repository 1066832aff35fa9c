// Folders, files and runs for the tests of the run store.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "scheduled/anytime.hpp"
#include "support/temporary_folder.hpp"

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What a checkpoint of `line` at `step` holds in these tests.
inline std::string weights(const std::string& line, std::int64_t step) {
  std::string text = line + " " + std::to_string(step) + "\n";
  for (int k = 0; k < 200; ++k) text += std::to_string((step * 2654435761 + k * 40503) % 1000003) + " ";
  return text;
}

inline std::function<void(const std::filesystem::path&)> weights_writer(const std::string& line, std::int64_t step) {
  return [=](const std::filesystem::path& folder) {
    write_text(folder / "model.bin", weights(line, step));
    std::filesystem::create_directory(folder / "optimizer");
    write_text(folder / "optimizer" / "state.bin", weights(line + " moments", step));
  };
}

inline scheduled::RecordedCheckpoint commit_weights(scheduled::RunStore& store, std::int64_t step,
                                                    const std::string& line = "trunk", bool keep = false) {
  return store.commit({.line = line, .step = step, .keep = keep}, weights_writer(line, step));
}

/// Overwrites one byte in the middle.
inline void flip_byte(const std::filesystem::path& file) {
  std::string text = read_text(file);
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  write_text(file, text);
}

inline ::testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not have '" << part << "'";
}

/// The text of the StoreError that a call throws.
template <class Call>
std::string store_error_of(const Call& call) {
  try {
    call();
  } catch (const scheduled::StoreError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no StoreError was thrown";
  return {};
}
