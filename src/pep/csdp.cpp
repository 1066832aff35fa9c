#include "pep/csdp.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::pep {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_solver(std::initializer_list<std::string_view> parts) { throw PepSolverError(concat(parts)); }

constexpr std::array<const char*, 3> file_names = {"param.csdp", "problem.dat-s", "solution.txt"};

/// A private folder that goes with its owner, by janitor() also where that is killed.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "scheduled-pep-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      fail_solver({"cannot make a temporary folder ", name, ": ", std::generic_category().message(errno)});
    }
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

/// Where the program is, as an absolute path; empty where it is not found.
fs::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_program(name) ? fs::absolute(name) : fs::path();
  const char* const variable = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody here changes it
  std::string_view rest = variable != nullptr ? variable : "";
  while (!name.empty() && !rest.empty()) {
    const std::size_t end = rest.find(':');
    const fs::path folder(rest.substr(0, end));
    if (!folder.empty() && is_program(folder / name)) return fs::absolute(folder / name);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

/// CSDP reads this file in its working folder. perturbobj = 0: a perturbed objective costs three digits here.
std::string settings_text(const SolverSettings& settings) {
  constexpr std::string_view fixed =
      "pinftol=1e8\ndinftol=1e8\nmaxiter=200\nminstepp=1e-12\nminstepd=1e-12\nusexzgap=1\ntweakgap=0\naffine=0\n"
      "printlevel=0\nperturbobj=0\nfastmode=0\n";
  const std::string tolerance = format_number(settings.tolerance);
  return concat({"axtol=", tolerance, "\natytol=", tolerance, "\nobjtol=", tolerance,
                 "\nminstepfrac=", format_number(settings.least_step),
                 "\nmaxstepfrac=", format_number(settings.largest_step), "\n", fixed});
}

template <class Write>
void write_file(const fs::path& path, const Write& write) {
  std::ofstream out(path, std::ios::binary);
  write(out);
  out.close();
  if (!out) fail_solver({"cannot write ", path.string(), ": ", std::generic_category().message(errno)});
}

/// A process that removes the folder where its parent ends without having said that it does so itself.
class Janitor {
 public:
  explicit Janitor(const fs::path& folder) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;  // without it only a kill leaves the folder
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[1]);
      watch(ends[0], folder.c_str());
    }
    ::close(ends[0]);
    said_ = ends[1];
  }
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;
  ~Janitor() {
    if (said_ < 0) return;
    [[maybe_unused]] const auto size = ::write(said_, "x", 1);
    ::close(said_);
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
  }

 private:
  /// Only calls that are allowed after fork in a program with threads.
  [[noreturn]] static void watch(int end, const char* folder) {
    ::setsid();  // Ctrl-C in the terminal is not meant for it
    char byte = 0;
    ssize_t count = -1;
    do count = ::read(end, &byte, 1);
    while (count < 0 && errno == EINTR);
    if (count == 0 && ::chdir(folder) == 0) {
      for (const char* const name : file_names) ::unlink(name);
      ::rmdir(folder);
    }
    ::_exit(0);
  }

  int said_ = -1;
  pid_t process_ = -1;
};

/// Only calls that are allowed between fork and exec in a program with threads.
[[noreturn]] void run_child(const char* program, char* const* arguments, char* const* environment, const char* folder,
                            pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // it has ended already
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0 || ::dup2(nothing, 2) < 0) ::_exit(126);
  if (::chdir(folder) != 0) ::_exit(126);
  ::execve(program, arguments, environment);
  ::_exit(127);
}

/// This process's, with one thread for the solver where the user asked for no other number: its problems here are
/// small, and threads that wait for one another in a busy loop take minutes for seconds of work where the machine has
/// other work, too.
std::vector<char*> solver_environment() {
  static std::array<char, 18> one_thread{"OMP_NUM_THREADS=1"};
  std::vector<char*> all;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) all.push_back(*variable);
  if (std::getenv("OMP_NUM_THREADS") == nullptr) all.push_back(one_thread.data());
  all.push_back(nullptr);
  return all;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// Until the child has ended; can be interrupted.
void wait_for(pid_t child, const std::string& name, int& status, rusage& usage) {
  using std::chrono::milliseconds;
  const int how = Interruption::here() != nullptr ? WNOHANG : 0;
  for (milliseconds pause{1};; pause = std::min(2 * pause, Interruption::pause)) {
    const pid_t ended = ::wait4(child, &status, how, &usage);
    if (ended == child) return;
    if (ended < 0 && errno != EINTR) {
      fail_solver({"cannot wait for ", name, ": ", std::generic_category().message(errno)});
    }
    Interruption::poll();
    if (ended == 0) std::this_thread::sleep_for(pause);
  }
}

/// Runs `program problem solution` in `folder`; the exit code and the processor time.
std::pair<int, double> run_in(const fs::path& folder, const fs::path& program) {
  std::string name = program.string();
  std::string problem = "problem.dat-s";
  std::string solution = "solution.txt";
  const std::array<char*, 4> arguments{name.data(), problem.data(), solution.data(), nullptr};
  const std::vector<char*> environment = solver_environment();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) fail_solver({"cannot start ", name, ": ", std::generic_category().message(errno)});
  if (child == 0) run_child(name.c_str(), arguments.data(), environment.data(), folder.c_str(), parent);
  int status = 0;
  rusage usage{};
  try {
    wait_for(child, name, status, usage);
  } catch (const Interrupted&) {
    ::kill(child, SIGKILL);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
    throw;
  }
  if (WIFSIGNALED(status)) fail_solver({name, " was ended by signal ", std::to_string(WTERMSIG(status))});
  return {WEXITSTATUS(status), seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)};
}

}  // namespace

SolverRun run_csdp(const SdpaProblem& problem, const std::string& solver, const SolverSettings& settings) {
  const fs::path program = find_program(solver);
  if (program.empty()) {
    fail_solver({"the solver '", solver,
                 "' was not found; install CSDP (Debian and Ubuntu: apt-get install "
                 "coinor-csdp) or name the program to use"});
  }
  const TemporaryFolder folder;
  const Janitor janitor(folder.path());
  write_file(folder.path() / "param.csdp", [&](std::ostream& out) { out << settings_text(settings); });
  write_file(folder.path() / "problem.dat-s", [&](std::ostream& out) { write(out, problem, "scheduled pep"); });
  SolverRun run;
  std::tie(run.status, run.seconds) = run_in(folder.path(), program);
  std::ifstream in(folder.path() / "solution.txt", std::ios::binary);
  if (!in) {
    fail_solver({program.string(), " ended with exit code ", std::to_string(run.status), " and left no solution"});
  }
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  run.solution = read_solution(text, problem);
  return run;
}

}  // namespace scheduled::pep

namespace scheduled {

bool pep_solver_available(const std::string& solver) { return !pep::find_program(solver).empty(); }

}  // namespace scheduled
