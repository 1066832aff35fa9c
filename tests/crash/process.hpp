// Starts the worker, arms a fault point or a limit, kills it, waits for it.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/run_folder.hpp"

struct WorkerOptions {
  std::string fault = {};             ///< SCHEDULED_FAULT
  std::int64_t largest_file = -1;     ///< RLIMIT_FSIZE in bytes; -1: none
  std::int64_t kill_after = -1;       ///< microseconds; -1: not
  std::filesystem::path errors = {};  ///< where standard error goes; empty: away
  bool mend = false;                  ///< instead of training
  bool lease = false;                 ///< as where locks may not hold
};

/// The status of waitpid.
inline int run_worker(const std::filesystem::path& run, const std::filesystem::path& said,
                      const WorkerOptions& options = {}) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string errors = options.errors.empty() ? "/dev/null" : options.errors.string();
    const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(file, STDERR_FILENO);
    if (options.largest_file >= 0) {
      const rlimit limit{static_cast<rlim_t>(options.largest_file), static_cast<rlim_t>(options.largest_file)};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (options.fault.empty()) {
      ::unsetenv("SCHEDULED_FAULT");  // NOLINT: one thread
    } else {
      ::setenv("SCHEDULED_FAULT", options.fault.c_str(), 1);  // NOLINT: one thread
    }
    ::setenv("SCHEDULED_WORKER_LEASE", options.lease ? "1" : "0", 1);  // NOLINT: one thread
    ::execl(SCHEDULED_CRASH_WORKER, "crash_worker", run.c_str(), said.c_str(), options.mend ? "mend" : nullptr,
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  if (options.kill_after >= 0) {
    ::usleep(static_cast<useconds_t>(options.kill_after));
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

inline bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
inline int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
