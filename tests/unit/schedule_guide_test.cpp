// The tables of docs/guide/schedules.md are what the schedules say about themselves. SCHEDULED_UPDATE_GUIDE=1 writes
// them anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "scheduled/presets.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {
namespace {

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string own_keys(const ScheduleHelp& line) {
  std::string text;
  for (const KeyHelp& key : line.keys) {
    if (key.common) continue;
    text += (text.empty() ? "" : ", ") + code(key.key) + (key.usual.empty() ? "" : " (" + key.usual + ")");
  }
  return text;
}

std::string names_of_shapes() {
  std::string text = "| name | shape | keys of its own | source |\n|---|---|---|---|\n";
  for (const ScheduleHelp& line : schedule_help()) {
    text += "| " + code(line.name) + " | " + std::string(line.formula) + " | " + own_keys(line) + " | " +
            std::string(line.source) + " |\n";
  }
  text += "\nNo horizon is needed by";
  for (const ScheduleHelp& line : schedule_help()) {
    if (!line.needs_steps) text += (text.ends_with("by") ? " " : ", ") + code(line.name);
  }
  return text + ".\n";
}

/// A row of the table of keys: what is the same for all that have the key, its default where it is not.
struct Row {
  const KeyHelp* key;
  std::string users;
  std::map<std::string, std::string> usual;  // default -> users
};

std::string default_text(const Row& row) {
  if (row.key->needed) return "must be given";
  std::string text = row.key->usual;
  for (const auto& [usual, users] : row.usual) {
    if (usual != row.key->usual) text += " (" + users + ": " + (usual.empty() ? "none" : usual) + ")";
  }
  return text;
}

bool has(const ScheduleHelp& line, std::string_view key) {
  return std::any_of(line.keys.begin(), line.keys.end(), [&](const KeyHelp& own) { return own.key == key; });
}

bool of_a_decay(std::string_view key) {
  const auto decays = decay_help();
  return std::any_of(decays.begin(), decays.end(), [&](const ScheduleHelp& decay) { return has(decay, key); });
}

/// "all", or "all but" those that do without.
std::string all_with(std::string_view key) {
  std::string without;
  for (const ScheduleHelp& line : schedule_help()) {
    if (!has(line, key)) without += (without.empty() ? " but " : ", ") + code(line.name);
  }
  return "all" + without;
}

std::string keys_of_shapes() {
  std::vector<Row> rows;
  const auto note = [&](const KeyHelp& key, const std::string& user) {
    const auto same = [&](const Row& row) { return row.key->key == key.key && row.key->meaning == key.meaning; };
    auto row = std::find_if(rows.begin(), rows.end(), same);
    if (row == rows.end()) row = rows.insert(rows.end(), Row{&key, {}, {}});
    if (row->users.starts_with("all")) return;
    for (std::string* users : {&row->users, &row->usual[key.usual]}) {
      *users += (users->empty() ? "" : ", ") + user;
    }
  };
  for (const KeyHelp& key : schedule_help().front().keys) note(key, all_with(key.key));
  for (const ScheduleHelp& line : schedule_help()) {
    for (const KeyHelp& key : line.keys) {
      if (!key.common || !of_a_decay(key.key)) note(key, code(line.name));
    }
  }
  std::string text = "| key | of | default | meaning |\n|---|---|---|---|\n";
  for (const Row& row : rows) {
    std::string words;
    for (const std::string_view word : row.key->words) words += (words.empty() ? ": " : ", ") + code(word);
    text += "| " + code(row.key->key) + " | " + row.users + " | " + default_text(row) + " | " +
            std::string(row.key->meaning) + words + " |\n";
  }
  return text;
}

std::string published() {
  std::string text = "| name | spec | source |\n|---|---|---|\n";
  for (const Preset& preset : presets()) {
    text += "| " + code("preset:" + std::string(preset.name)) + " | " + code(preset.spec) + " | " +
            std::string(preset.source) + (preset.caution.empty() ? "" : "; " + std::string(preset.caution)) + " |\n";
  }
  return text;
}

TEST(ScheduleGuide, TablesAreWhatTheSchedulesSay) {
  const std::filesystem::path page =
      std::filesystem::path(SCHEDULED_TEST_DIR).parent_path() / "docs/guide/schedules.md";
  std::stringstream read;
  read << std::ifstream(page).rdbuf();
  const std::string found = read.str();
  std::string expected = found;
  for (const auto& [name, table] : {std::pair{"schedules", names_of_shapes()}, std::pair{"keys", keys_of_shapes()},
                                    std::pair{"presets", published()}}) {
    const std::string begin = std::string("<!-- table: ") + name + " -->\n";
    const std::size_t from = expected.find(begin);
    const std::size_t to = expected.find("<!-- end -->", from);
    ASSERT_NE(from, std::string::npos) << name;
    ASSERT_NE(to, std::string::npos) << name;
    expected.replace(from + begin.size(), to - from - begin.size(), "\n" + table + "\n");
  }
  if (std::getenv("SCHEDULED_UPDATE_GUIDE") != nullptr) std::ofstream(page) << expected;
  EXPECT_TRUE(found == expected) << "the tables of " << page
                                 << " are stale: run this test with SCHEDULED_UPDATE_GUIDE=1";
}

/// A file whose struct is in no variant, or which no registry includes, would be no schedule.
TEST(ScheduleGuide, EachFileOfAPartIsListed) {
  const auto lists = {std::pair{"shapes", schedule_help()}, std::pair{"decays", decay_help()},
                      std::pair{"warmups", warmup_help()}};
  for (const auto& [folder, help] : lists) {
    const auto files = std::filesystem::directory_iterator(std::filesystem::path(SCHEDULED_TEST_DIR).parent_path() /
                                                           "src/schedule" / folder);
    for (const auto& file : files) {
      if (file.path().filename() == "registry.hpp") continue;
      std::stringstream text;
      text << std::ifstream(file.path()).rdbuf();
      const auto named = [&](const ScheduleHelp& line) {
        return text.str().find("name = \"" + std::string(line.name) + "\"") != std::string::npos;
      };
      EXPECT_TRUE(std::any_of(help.begin(), help.end(), named)) << file.path();
    }
  }
}

}  // namespace
}  // namespace scheduled
