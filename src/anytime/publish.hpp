// How a checkpoint gets its place in the folder of the run.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

/// A free name for the folder of a checkpoint: a commit that died after its rename may have left the first one, and a
/// checkpoint that is away now comes back to its own.
std::string free_folder(const std::filesystem::path& run, const RunRecord& record, std::string line, std::int64_t step);

/// The files in place and on the disk, without an entry in the record: nobody sees them yet. `write` gets the empty
/// folder to write to, which until then is `name` in staging/; `facts` gives the text of the file that says what the
/// folder is, after checkpoint.files are set.
void publish(const std::filesystem::path& run, const std::string& name, RecordedCheckpoint& checkpoint,
             const std::function<void(const std::filesystem::path&)>& write, const std::function<std::string()>& facts);

}  // namespace scheduled::anytime
