// Records of format 1, which were SQLite databases: read, never written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "anytime/journal.hpp"

namespace scheduled::anytime {

constexpr const char* old_record_file = "run.sqlite";

/// All of it as entries of today. Throws StoreError where it cannot be read, std::invalid_argument where it is no
/// record.
std::vector<EntryText> read_old_record(const std::filesystem::path& run);

/// What SQLite finds wrong with it.
std::vector<std::string> check_old_record(const std::filesystem::path& run);

/// Takes it out of the way of older programs, which would write to it: run.sqlite.old.
void set_old_record_aside(const std::filesystem::path& run);

}  // namespace scheduled::anytime
