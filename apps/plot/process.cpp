// Runs gnuplot with temporary files as its three standard streams: no shell, no pipe that could fill up, no path in the
// script.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "plot/gnuplot.hpp"
#include "shell/text.hpp"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace scheduled::plot {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::generic_category().message(error));
}

File temporary() {
  File file(std::tmpfile());
  if (!file) fail("cannot make a temporary file for gnuplot", errno);
  return file;
}

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 1 << 14> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file)) text.append(block.data(), count);
  return text;
}

/// The exit status of `gnuplot -d`, which leaves the user's start-up files out.
int spawn_and_wait(std::FILE* input, std::FILE* output, std::FILE* errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(output), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO);
  std::string program = "gnuplot";
  std::string no_startup_files = "-d";
  const std::array<char*, 3> arguments = {program.data(), no_startup_files.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) {
    throw std::runtime_error(
        "gnuplot, which draws the figures, is not installed; on Debian: apt-get install gnuplot-nox");
  }
  if (error != 0) fail("cannot start gnuplot", error);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for gnuplot", errno);
  }
  return status;
}

/// cairo writes the time of day into a PDF; the same figure is to be the same file. Same length, so that the file's
/// table of offsets still holds.
void remove_creation_date(std::string& bytes) {
  constexpr std::string_view key = "/CreationDate (D:";
  constexpr std::string_view fixed = "20000101000000";
  const std::size_t at = bytes.find(key);
  if (at != std::string::npos && at + key.size() + fixed.size() < bytes.size()) {
    bytes.replace(at + key.size(), fixed.size(), fixed);
  }
}

}  // namespace

std::string gnuplot_string(std::string_view text) {
  std::string out = "'";
  for (const char c : shell::clean(text)) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string run_gnuplot(std::string_view script) {
  const File input = temporary();
  const File output = temporary();
  const File errors = temporary();
  if (std::fwrite(script.data(), 1, script.size(), input.get()) != script.size() || std::fflush(input.get()) != 0) {
    fail("cannot write the commands for gnuplot", errno);
  }
  std::rewind(input.get());
  const int status = spawn_and_wait(input.get(), output.get(), errors.get());
  const std::string complaint = contents(errors.get());
  std::string bytes = contents(output.get());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || bytes.empty()) {
    throw std::runtime_error("gnuplot failed: " + (complaint.empty() ? "it drew nothing" : shell::clean(complaint)));
  }
  remove_creation_date(bytes);
  return bytes;
}

}  // namespace scheduled::plot
