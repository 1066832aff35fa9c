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
#include "anytime/lease.hpp"
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

using Planned = std::vector<JobState>;

/// A pipe of that name would keep us waiting.
std::ifstream open_regular(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) ? std::ifstream(path, std::ios::binary) : std::ifstream();
}

Planned planned_of(const Json& plan) {
  const auto field = [](const Json& of, const char* name) -> const Json& {
    const Json* const found = of.find(name);
    if (found == nullptr) throw std::logic_error("has no such field");
    return *found;
  };
  Planned out;
  for (const Json& job : field(plan, "jobs").items()) {
    out.push_back({.name = field(job, "name").text(),
                   .line = field(job, "line").text(),
                   .to = field(job, "to").whole(),
                   .id = {},
                   .state = {}});
  }
  return out;
}

/// What is planned in the folder, without a number or state.
Planned planned_in(const fs::path& folder) {
  const fs::path path = folder / anytime::jobs_file;
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  std::ifstream file = open_regular(path);
  if (!file.is_open()) throw StoreError(path.string() + ": cannot be read as a file");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string why = "is not the plan of jobs that was written there";
  try {
    const Json plan = Json::parse(text);
    try {
      return planned_of(plan);
    } catch (const std::logic_error&) {  // NOLINT: what is missing or of another kind
    }
  } catch (const ArgumentError& refused) {
    why = refused.what();
  }
  throw StoreError(concat(
      {path.string(), ": ", why, "; emit the plan again into another folder (--into) and copy its jobs.json here"}));
}

std::optional<JobSystem> system_of(const std::string& word) {
  constexpr auto& words = Words<JobSystem>::words;
  const auto* const at = std::find(words.begin(), words.end(), word);
  return at == words.end() ? std::nullopt : std::optional(static_cast<JobSystem>(at - words.begin()));
}

Planned::const_iterator find_name(const Planned& planned, const std::string& name) {
  return std::find_if(planned.begin(), planned.end(), [&](const JobState& job) { return job.name == name; });
}

/// Else a note was torn, or two of them are in one line.
bool is_number_of_slurm(std::string_view id) {
  return !id.empty() && id.find_first_not_of("0123456789_+.") == std::string_view::npos;
}

/// What submit.sh has submitted to Slurm.
void add_submitted(const fs::path& folder, const Planned& planned, std::vector<JobState>& jobs) {
  std::ifstream submitted = open_regular(folder / anytime::submitted_file);
  for (std::string name, id; submitted >> name >> id;) {
    const auto found = find_name(planned, name);
    if (found == planned.end() || !is_number_of_slurm(id)) continue;
    jobs.push_back(*found);
    jobs.back().id = id;
    jobs.back().system = JobSystem::slurm;
  }
}

/// Of a process that has begun: "NUMBER HOST START PLACE" (process_mark, place_mark; "-" is not known). False where
/// that is no such note. What cannot be known here stays STARTED.
bool look_at_process(std::istream& words, JobState& job) {
  std::string number, host, start, place;
  words >> number >> host >> start >> place;
  const auto digits = [](const std::string& word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  };
  const bool timed = digits(start);
  const ProcessState process = state_of_process(concat({number, " ", host, timed ? " " + start : ""}));
  if (!digits(number) || process.number <= 0 || host.empty()) return false;
  job.id = concat({host, ":", number});
  if (job.state != "STARTED" || !process.host.empty() || place == "-" || place != anytime::place_mark()) return true;
  const bool dead = timed ? process.dead : ::kill(static_cast<pid_t>(process.number), 0) != 0 && errno == ESRCH;
  if (dead) job.reason = "its process is gone";
  if (dead || timed) job.state = dead ? "FAILED" : "RUNNING";
  return true;
}

/// What the jobs have noted themselves (job.sh): "NAME STATE SYSTEM ID"; the last note of a job holds.
void add_started(const fs::path& folder, const Planned& planned, std::vector<JobState>& jobs) {
  std::ifstream started = open_regular(folder / anytime::started_file);
  for (std::string text; std::getline(started, text) && !started.eof();) {  // all of a note ends its line
    std::istringstream words(text);
    std::string name, state, system;
    words >> name >> state >> system;
    const auto found = find_name(planned, name);
    const auto known = system_of(system);
    if (found == planned.end() || !known) continue;
    JobState job = *found;
    job.state = state;
    job.system = *known;
    if (*known == JobSystem::process) {
      if (!look_at_process(words, job)) continue;
    } else if (!(words >> job.id) || (*known == JobSystem::slurm && !is_number_of_slurm(job.id))) {
      continue;
    }
    const auto before = std::find_if(jobs.begin(), jobs.end(), [&](const JobState& other) {
      if (other.name != name || other.system != *known) return false;
      return *known != JobSystem::slurm || other.id == job.id;  // each of a chain of Slurm's jobs is one of its own
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
