// Results of the library as records that pickle by their members.
#pragma once

#include <nanobind/nanobind.h>

#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "convert.hpp"
#include "scheduled/design.hpp"

namespace scheduled::python {

/// How a member is pickled: as itself, but arrays by NumPy and enumerators as their numbers.
template <class Member>
struct Pickled {
  static const Member& save(const Member& member) { return member; }
  static Member load(const nb::object& saved) { return nb::cast<Member>(saved); }
};
template <>
struct Pickled<std::vector<double>> {
  static FloatArray save(const std::vector<double>& member) { return to_numpy(member); }
  static std::vector<double> load(const nb::object& saved) {
    return Values<double>(nb::borrow<ArrayLike>(saved), "state").copy();
  }
};
template <class Member>
requires std::is_enum_v<Member>
struct Pickled<Member> {
  static int save(Member member) { return static_cast<int>(member); }
  static Member load(const nb::object& saved) { return static_cast<Member>(nb::cast<int>(saved)); }
};

/// Pickling, and with it copying, of an aggregate; `members` are all of its members, in their order.
template <class Record, class... Members>
void pickle_by_members(nb::class_<Record>& record, Members Record::*... members) {
  record
      .def(
          "__getstate__",
          [members...](const Record& self) { return nb::make_tuple(Pickled<Members>::save(self.*members)...); },
          nb::sig("def __getstate__(self) -> tuple[object, ...]"))
      .def(
          "__setstate__", []<std::size_t... I>(std::index_sequence<I...>) {
            return [](Record* self, const nb::tuple& state) {
              new (self) Record{Pickled<Members>::load(nb::object(state[I]))...};
            };
          }(std::index_sequence_for<Members...>()),
          nb::sig("def __setstate__(self, state: tuple[object, ...], /) -> None"));
}

inline const char* text_of(bool value) { return value ? "True" : "False"; }

std::string repr(const BestBaseLr& best);

}  // namespace scheduled::python
