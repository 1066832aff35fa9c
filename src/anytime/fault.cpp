#include "anytime/fault.hpp"

#ifdef SCHEDULED_FAULT_POINTS

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "scheduled/anytime.hpp"

namespace scheduled::anytime {

void fault_point(const char* name) {
  static const char* const asked = std::getenv("SCHEDULED_FAULT");  // NOLINT: the tests use one thread
  if (asked == nullptr) return;
  const std::string text = asked;
  if (text == "list") std::fprintf(stderr, "%s\n", name);
  const std::string here = std::string(name) + ":";
  if (!text.starts_with(here)) return;
  std::string action = text.substr(here.size());
  int wanted = 1;
  if (const auto colon = action.find(':'); colon != std::string::npos) {
    wanted = std::atoi(action.c_str() + colon + 1);  // NOLINT: of our tests
    action.resize(colon);
  }
  static std::map<std::string, int> passed;
  if (++passed[name] != wanted) return;
  if (action == "kill") ::kill(::getpid(), SIGKILL);
  if (action == "fail") throw StoreError(std::string(name) + ": No space left on device (fault point)");
}

}  // namespace scheduled::anytime

#endif
