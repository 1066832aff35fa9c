// How far the jobs of a plan are, as squeue and sacct say, or they themselves; waiting for a run that another process
// writes to.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "anytime/cluster.hpp"
#include "anytime/cluster_records.hpp"
#include "anytime/files.hpp"
#include "anytime/state.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

extern char** environ;

namespace scheduled {
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds answer_within{10};

/// Reads all of `from` until `deadline`; false where that is over.
bool read_until(int from, std::chrono::steady_clock::time_point deadline, std::string& text) {
  std::array<char, 4096> block{};
  for (;;) {
    Interruption::poll();
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waits{from, POLLIN, 0};
    const int ready = ::poll(&waits, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 20)));
    if (ready <= 0) continue;
    const ssize_t count = ::read(from, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

/// What a program prints; nothing where it is missing, fails, or does not answer in time.
std::optional<std::string> output_of(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const anytime::Descriptor from(ends[0]);
  std::optional<anytime::Descriptor> to(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  to.reset();
  std::string text;
  bool ended = false;
  const auto reap = [&] {
    if (!ended) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return status;
  };
  try {
    ended = read_until(from.get(), std::chrono::steady_clock::now() + answer_within, text);
  } catch (const Interrupted&) {
    reap();
    throw;
  }
  return reap() == 0 && ended ? std::optional(text) : std::nullopt;
}

using Said = std::map<std::string, std::pair<std::string, std::string>>;  // state and reason by number

/// Lines "number|state" or "number|state|reason"; of a job that was requeued sacct says the last state last.
void read_states(const std::string& text, Said& said) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find('|');
    if (first == std::string::npos) continue;
    const std::size_t second = std::min(line.find('|', first + 1), line.size());
    std::string state = line.substr(first + 1, second - first - 1);
    state.resize(std::min(state.find(' '), state.size()));  // CANCELLED by 1000
    std::string reason = second < line.size() ? line.substr(second + 1) : "";
    if (reason == "None") reason.clear();
    said[line.substr(0, first)] = {std::move(state), std::move(reason)};
  }
}

/// What is planned in the folder, without a number or state.
std::vector<JobState> planned_in(const fs::path& folder) {
  std::ifstream plan(folder / anytime::jobs_file, std::ios::binary);
  if (!plan) return {};
  const Json json = Json::parse(std::string{std::istreambuf_iterator<char>(plan), std::istreambuf_iterator<char>()});
  const Json* const jobs = json.find("jobs");
  std::vector<JobState> out;
  if (jobs == nullptr || !jobs->is_array()) return out;
  for (const Json& job : jobs->items()) {
    const Json* const name = job.find("name");
    const Json* const line = job.find("line");
    const Json* const to = job.find("to");
    if (name == nullptr || line == nullptr || to == nullptr || !name->is_text()) continue;
    out.push_back({.name = name->text(), .line = line->text(), .to = to->whole(), .id = {}, .state = {}});
  }
  return out;
}

using Planned = std::vector<JobState>;

std::optional<JobSystem> system_of(const std::string& word) {
  constexpr auto& words = Words<JobSystem>::words;
  const auto* const at = std::find(words.begin(), words.end(), word);
  return at == words.end() ? std::nullopt : std::optional(static_cast<JobSystem>(at - words.begin()));
}

Planned::const_iterator find_name(const Planned& planned, const std::string& name) {
  return std::find_if(planned.begin(), planned.end(), [&](const JobState& job) { return job.name == name; });
}

/// What submit.sh has submitted to Slurm.
void add_submitted(const fs::path& folder, const Planned& planned, std::vector<JobState>& jobs) {
  std::ifstream submitted(folder / anytime::submitted_file);
  for (std::string name, id; submitted >> name >> id;) {
    const auto found = find_name(planned, name);
    if (found == planned.end()) continue;
    jobs.push_back(*found);
    jobs.back().id = id;
    jobs.back().system = JobSystem::slurm;
  }
}

/// Of a process that has begun: `mark` is its process_mark.
void look_at_process(const std::string& mark, JobState& job) {
  const ProcessState process = state_of_process(mark);
  std::istringstream words(mark);
  std::string number, host;
  words >> number >> host;
  job.id = concat({host, ":", number});
  if (job.state != "STARTED" || !process.host.empty()) return;
  job.state = process.dead ? "FAILED" : "RUNNING";
  if (process.dead) job.reason = "its process is gone";
}

/// What the jobs have noted themselves (job.sh): "NAME STATE SYSTEM ID"; the last note of a job holds.
void add_started(const fs::path& folder, const Planned& planned, std::vector<JobState>& jobs) {
  std::ifstream started(folder / anytime::started_file);
  for (std::string text; std::getline(started, text);) {
    std::istringstream words(text);
    std::string name, state, system, id;
    words >> name >> state >> system >> std::ws;
    std::getline(words, id);
    const auto found = find_name(planned, name);
    const auto known = system_of(system);
    if (found == planned.end() || !known || id.empty()) continue;
    JobState job = *found;
    job.state = state;
    job.id = id;
    job.system = *known;
    if (*known == JobSystem::process) look_at_process(id, job);
    const auto before = std::find_if(jobs.begin(), jobs.end(), [&](const JobState& other) {
      if (other.name != name || other.system != *known) return false;
      return *known != JobSystem::slurm || other.id == id;  // each of a chain of Slurm's jobs is one of its own
    });
    before == jobs.end() ? jobs.push_back(job) : static_cast<void>(*before = job);
  }
}

/// Slurm knows better than the job what became of it.
void ask_slurm(std::vector<JobState>& jobs) {
  std::string ids;
  for (const JobState& job : jobs) {
    if (job.system == JobSystem::slurm) ids += (ids.empty() ? "" : ",") + job.id;
  }
  if (ids.empty()) return;
  Said said;
  // Where squeue does not know a number any more sacct may, if there is accounting.
  if (const auto text = output_of(
          {"sacct", "--noheader", "--parsable2", "--allocations", "--format=JobIDRaw,State", "--jobs=" + ids})) {
    read_states(*text, said);
  }
  if (const auto text = output_of(
          {"squeue", "--noheader", "--states=all", "--user=" + std::to_string(::getuid()), "--format=%i|%T|%r"})) {
    read_states(*text, said);
  }
  for (JobState& job : jobs) {
    const auto at = said.find(job.id);
    if (job.system == JobSystem::slurm && at != said.end()) std::tie(job.state, job.reason) = at->second;
  }
}

}  // namespace

std::vector<JobState> job_states(const fs::path& folder) {
  const Planned planned = planned_in(folder);
  std::vector<JobState> jobs;
  add_submitted(folder, planned, jobs);
  add_started(folder, planned, jobs);
  ask_slurm(jobs);
  std::erase_if(jobs, [](const JobState& job) { return job.state.empty(); });
  return jobs;
}

RunStore open_when_free(const fs::path& folder, std::chrono::milliseconds patience, const StoreOptions& options) {
  const auto end = std::chrono::steady_clock::now() + patience;
  anytime::Waiting waiting(options.on_wait);
  std::string why;
  for (std::chrono::milliseconds pause{1};; pause = std::min(2 * pause, std::chrono::milliseconds(200))) {
    try {
      return RunStore::open(folder, RunStore::Access::write, options);
    } catch (const StoreBusy& busy) {
      if (std::chrono::steady_clock::now() + pause > end) throw;
      why = busy.what();
    }
    const auto left = std::chrono::ceil<std::chrono::seconds>(end - std::chrono::steady_clock::now());
    waiting.sleep(std::chrono::duration<double>(pause).count(), [&] {
      return concat({why, "; waiting for it, ", std::to_string(left.count()), " s at most"});
    });
  }
}

double parse_clock(std::string_view name, std::string_view given) {
  const std::string_view text = trimmed(given);
  const auto refuse = [&] {
    fail_value(name, concat({"'", given, "'"}), "must be a time such as 90s, 30m, 24h, 2d, 12:30:00 or 1-12:00:00");
  };
  static const std::map<char, double> units{{'s', 1.0}, {'m', 60.0}, {'h', 3600.0}, {'d', 86400.0}};
  double seconds = 0.0;
  std::size_t used = 0;
  const auto number = [&](std::string_view part) {
    const bool plain = !part.empty() && part.size() < 16 &&
                       std::all_of(part.begin(), part.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    if (!plain) refuse();
    double value = 0.0;
    try {
      value = std::stod(std::string(part), &used);
    } catch (const std::exception&) {
      refuse();
    }
    if (used != part.size()) refuse();
    return value;
  };
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    const auto unit = text.empty() ? units.end() : units.find(text.back());
    if (unit == units.end()) refuse();
    seconds = number(text.substr(0, text.size() - 1)) * unit->second;
  } else {
    const std::size_t dash = text.find('-');
    const std::string_view days = dash == std::string_view::npos ? "0" : text.substr(0, dash);
    const std::string_view clock = dash == std::string_view::npos ? text : text.substr(dash + 1);
    const std::size_t first = clock.find(':');
    const std::size_t last = clock.rfind(':');
    if (first == last) refuse();
    seconds = 86400.0 * number(days) + 3600.0 * number(clock.substr(0, first)) +
              60.0 * number(clock.substr(first + 1, last - first - 1)) + number(clock.substr(last + 1));
  }
  if (!(seconds > 0.0)) refuse();
  return seconds;
}

}  // namespace scheduled
