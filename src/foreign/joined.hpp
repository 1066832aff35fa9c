// A schedule that is put together of others, each from a step of the run on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foreign/calls.hpp"
#include "foreign/values.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::foreign {

/// Times at one rate, and ways from one rate to another; each is left where the next one that is added begins, and the
/// last rate of a way stays.
class Joined {
 public:
  void hold(std::int64_t step, double rate);
  /// `from` at step `begin`, `to` at step `end`; as a stage: "cosine exponent=2".
  void way(std::string curve, std::int64_t begin, double from, std::int64_t end, double to);
  /// A curve that goes on as long as the part is: "exponential half_life=30".
  void endless(std::string curve, std::int64_t begin, double from);

  /// Of a run of so many updates; without: until the last way ends, which `values` otherwise ask for. A rise at the
  /// beginning is the warmup.
  Schedule schedule(Values& values) const;

 private:
  struct Part {
    std::string curve;
    std::int64_t begin = 0;
    double from = 0.0;
    std::optional<std::int64_t> end = {};
    double to = 0.0;
  };
  /// A piece of `stages`; of one that holds, `text` is empty.
  struct Piece {
    std::string text;
    double rate = 0.0;  ///< at its end; not a number where a curve is left before
    std::int64_t end = 0;
    std::size_t part = 0;
  };

  void add(Part part);
  bool is_decay(const Piece& piece, double peak) const;
  std::vector<Piece> pieces(std::int64_t at, double rate, std::int64_t updates) const;

  std::vector<Part> parts_;
};

/// The calls of `functions` in the list under the key `list`, each as settings of its own, with the step at which it
/// begins, 0 or a mark of the list under `marks`, and the one at which the next does.
void read_parts(Values& values, std::span<const Function> functions, std::string_view list, std::string_view marks,
                const std::function<void(Values& part, std::int64_t begin, std::optional<std::int64_t> end)>& read);

}  // namespace scheduled::foreign
