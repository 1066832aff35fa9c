// Named places between the writes of the store where tests make it fail or die (STYLE 11).
//
// Only the library that the crash tests link is compiled with SCHEDULED_FAULT_POINTS; everywhere else a fault point is
// an empty inline function, so that nothing in the environment of a real run can trigger one.
#pragma once

namespace scheduled::anytime {

#ifdef SCHEDULED_FAULT_POINTS
/// Does what the environment variable SCHEDULED_FAULT asks for at this point: "NAME:kill" sends SIGKILL to the own
/// process, "NAME:fail" throws StoreError as a full disk would; "NAME:kill:3" does it the third time. "list" writes
/// the name of every point that is passed to standard error.
void fault_point(const char* name);
#else
inline void fault_point(const char* /*name*/) noexcept {}
#endif

}  // namespace scheduled::anytime
