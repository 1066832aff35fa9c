// Runs gnuplot with temporary files as its three standard streams: no shell, no pipe that could fill up, no path in the
// script.
#include <fmt/format.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "plot/gnuplot.hpp"
#include "shell/text.hpp"

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

/// In the forked process; only calls that are allowed between fork and exec in a program with threads.
[[noreturn]] void become_gnuplot(const std::array<int, 3>& streams, char* const* arguments, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with us, however that is
  for (int k = 0; k < 3; ++k) {
    if (::dup2(streams.at(static_cast<std::size_t>(k)), k) < 0) ::_exit(126);
  }
  if (::getppid() == parent) ::execvp(arguments[0], arguments);
  ::_exit(errno == ENOENT ? 127 : 126);
}

/// The exit status of `gnuplot -d`, which leaves the user's start-up files out.
int spawn_and_wait(std::FILE* input, std::FILE* output, std::FILE* errors) {
  std::string program = "gnuplot";
  std::string no_startup_files = "-d";
  const std::array<char*, 3> arguments = {program.data(), no_startup_files.data(), nullptr};
  const std::array<int, 3> streams = {fileno(input), fileno(output), fileno(errors)};
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) fail("cannot start gnuplot", errno);
  if (child == 0) become_gnuplot(streams, arguments.data(), parent);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for gnuplot", errno);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    throw std::runtime_error(
        "gnuplot, which draws the figures, is not installed; on Debian: apt-get install gnuplot-nox");
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
  // Single quotes take every byte as it is but two apostrophes in a row; double quotes know escapes and commands, so
  // that what means something there is written by its octal code.
  const std::string cleaned = shell::clean(text);
  if (cleaned.find('\'') == std::string::npos) return "'" + cleaned + "'";
  std::string out = "\"";
  for (const char c : cleaned) {
    if (std::string_view("'\"\\`").find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    }
  }
  return out + "\"";
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
