// What lies in the folders of the run without a checkpoint on record.
#include <algorithm>
#include <set>

#include "anytime/history.hpp"
#include "anytime/state.hpp"

namespace scheduled::anytime {
namespace fs = std::filesystem;

namespace {

using Kind = Stray::Kind;

/// What a commit and gc work in.
bool is_ours_in_staging(const std::string& name) {
  const std::string ours = std::string(staging_folder) + "/";
  return name == ours + "commit" || name.starts_with(ours + "commit-") || name.starts_with(ours + "trash");
}

Kind kind_of_checkpoint(const BoundFolder& run, const RunRecord& record, const Journal& journal,
                        const std::string& name) {
  const bool deleted = std::any_of(record.checkpoints.begin(), record.checkpoints.end(),
                                   [&](const RecordedCheckpoint& checkpoint) { return checkpoint.folder == name; });
  if (deleted) return Kind::interrupted;  // a gc that was cut off
  // A commit writes the facts before the folder gets its name.
  const std::optional<CommitFacts> facts = read_facts(run, name).facts;
  if (!facts || facts->checkpoint.folder != name) return Kind::foreign;
  if (!journal.knows(facts->after)) return Kind::other_record;
  for (const RecordedLine& line : record.lines) {
    if (line.name == facts->line.name) return facts->checkpoint.step > line.step ? Kind::ahead : Kind::interrupted;
  }
  return facts->line.merged.empty() ? Kind::other_record : Kind::ahead;  // a merge begins with its checkpoint
}

}  // namespace

std::vector<Stray> strays(const BoundFolder& run, const RunRecord& record, const Journal* journal) {
  std::set<std::string> known;
  for (const RecordedCheckpoint& checkpoint : record.checkpoints) {
    if (checkpoint.state != RecordedCheckpoint::State::deleted) known.insert(checkpoint.folder);
  }
  std::vector<Stray> out;
  for (const char* const folder : {checkpoint_folder, staging_folder}) {
    std::error_code error;
    fs::directory_iterator entries(run.path() / folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const std::string name = std::string(folder) + "/" + entries->path().filename().string();
      if (!known.contains(name)) out.push_back({name, Kind::interrupted});
    }
  }
  std::sort(out.begin(), out.end(), [](const Stray& a, const Stray& b) { return a.name < b.name; });
  for (Stray& stray : out) {
    if (stray.name.starts_with(staging_folder)) {
      stray.kind = is_ours_in_staging(stray.name) ? Kind::interrupted : Kind::foreign;
    } else if (journal != nullptr) {
      stray.kind = kind_of_checkpoint(run, record, *journal, stray.name);
    }
  }
  return out;
}

}  // namespace scheduled::anytime
