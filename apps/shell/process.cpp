#include "shell/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <new>
#include <stdexcept>

#include "shell/output.hpp"
#include "shell/text.hpp"

namespace scheduled::shell {
namespace {

/// A standard stream that the caller closed would let the next file take its number, and with it our output. Opened for
/// the wrong direction it fails as a closed one should.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int report(std::string_view what, int code) {
  const std::string line = "scheduled: error: " + clean(what) + "\n";
  return ::write(STDERR_FILENO, line.data(), line.size()) < 0 ? failed_work : code;
}

void warn(const std::string& text) { note("warning: " + text); }

void note(const std::string& text) {
  const std::string line = "scheduled: " + clean(text) + "\n";
  [[maybe_unused]] const auto size = ::write(STDERR_FILENO, line.data(), line.size());
}

int guarded(const std::function<int()>& run) {
  occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: a closed pipe is then an error of write, see Output
  std::signal(SIGXFSZ, SIG_IGN);  // NOLINT: a file that may not grow is an error of write, too
  std::setlocale(LC_CTYPE, "");   // whether the terminal shows Unicode; numbers stay in the C locale
  try {
    return run();
  } catch (const ClosedPipe&) {
    return 0;
  } catch (const Answered& answered) {
    return answered.code;
  } catch (const std::bad_alloc&) {
    return report("not enough memory for that many steps", failed_work);
  } catch (const std::length_error&) {
    return report("not enough memory for that many steps", failed_work);
  } catch (const std::invalid_argument& error) {
    return report(error.what(), bad_input);
  } catch (const std::domain_error& error) {
    return report(error.what(), bad_input);
  } catch (const std::exception& error) {
    return report(error.what(), failed_work);
  }
}

}  // namespace scheduled::shell
