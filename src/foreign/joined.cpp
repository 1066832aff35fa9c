#include "foreign/joined.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "foreign/course.hpp"

namespace scheduled::foreign {

void Joined::add(Part part) {
  while (!parts_.empty() && parts_.back().begin >= part.begin) parts_.pop_back();
  parts_.push_back(std::move(part));
}

void Joined::hold(std::int64_t step, double rate) { add({{}, step, rate, {}, rate}); }

void Joined::way(std::string curve, std::int64_t begin, double from, std::int64_t end, double to) {
  if (end <= begin) return hold(begin, to);
  add({std::move(curve), begin, from, end, to});
}

void Joined::endless(std::string curve, std::int64_t begin, double from) {
  add({std::move(curve), begin, from, {}, 0.0});
}

std::vector<Joined::Piece> Joined::pieces(std::int64_t at, double rate, std::int64_t updates) const {
  std::vector<Piece> pieces;
  const auto stay = [&](double level, std::int64_t until, std::size_t part) {
    if (until <= at) return;
    if (!pieces.empty() && pieces.back().text.empty() && pieces.back().rate == level) {
      pieces.back().end = until;
    } else {
      pieces.push_back({{}, level, until, part});
    }
    at = until;
    rate = level;
  };
  for (std::size_t k = 0; k < parts_.size() && parts_[k].begin < updates; ++k) {
    const Part& part = parts_[k];
    const bool last = k + 1 == parts_.size();
    const std::int64_t stop = last ? updates : std::min(parts_[k + 1].begin, updates);
    if (stop <= part.begin) continue;
    if (part.curve.empty()) {
      stay(part.from, stop, k);
      continue;
    }
    stay(part.from, part.begin + 1, k);
    // Where the next part begins with the rate at which this one arrives, this one may arrive.
    const bool arrives = !last && part.end == stop && parts_[k + 1].from == part.to;
    const std::int64_t end = part.end ? std::min(*part.end + 1, stop + (arrives ? 1 : 0)) : stop;
    if (end > at) {
      std::string text = part.curve;
      if (part.end) text += concat({" to ", format_number(part.to)});
      text += concat({" over ", std::to_string(part.end.value_or(end - 1) - part.begin)});
      const bool whole = part.end.value_or(end - 1) + 1 == end;
      if (!whole) text += concat({" until ", std::to_string(end)});
      rate = part.end && whole ? part.to : std::numeric_limits<double>::quiet_NaN();
      pieces.push_back({std::move(text), rate, end, k});
      at = end;
    }
    if (part.end) stay(part.to, stop, k);
  }
  return pieces;
}

bool Joined::is_decay(const Piece& piece, double peak) const {
  const Part& part = parts_[piece.part];
  return !piece.text.empty() && part.end && part.from == peak && part.to < peak;
}

Schedule Joined::schedule(Values& values) const {
  const auto asked = values.updates_if("updates");
  const Part& last = parts_.back();
  const std::int64_t updates = asked ? *asked : last.end ? *last.end : values.updates("updates");
  values.make_updates(updates);
  Course course{.peak = 0.0, .updates = updates};
  for (const Part& part : parts_) course.peak = std::max({course.peak, part.from, part.to});
  if (course.peak <= 0.0) fail_at(0, "has no rate above 0");
  Joined rest = *this;
  Part& first = rest.parts_.front();
  const std::int64_t left = parts_.size() > 1 ? parts_[1].begin : std::numeric_limits<std::int64_t>::max();
  if (first.curve == "linear" && first.begin == 0 && first.from < first.to && first.to == course.peak &&
      *first.end <= left) {
    course.warmup = *first.end;
    course.start = absolute_lr(first.from);
    if (updates <= course.warmup) return constant_of(course, updates);
    first = {{}, course.warmup, course.peak, {}, course.peak};
  }
  const std::vector<Piece> found = rest.pieces(course.warmup, course.peak, updates);
  const bool held = found.empty() || (found.front().text.empty() && found.front().rate == course.peak);
  if (found.empty() || (held && found.size() == 1)) return constant_of(course, updates);
  if (held && found.size() <= 3 && rest.is_decay(found[1], course.peak) &&
      (found.size() == 2 || (found[2].text.empty() && found[2].rate == found[1].rate))) {
    const Part& part = rest.parts_[found[1].part];
    course.begin = part.begin;
    course.end = *part.end;
    course.decay = part.curve;
    course.last = absolute_lr(part.to);
    return schedule_of(course);
  }
  std::string text;
  double rate = course.peak;
  for (const Piece& piece : found) {
    text += text.empty() ? "" : ", ";
    if (!piece.text.empty()) {
      text += piece.text;
    } else {
      text += concat({"hold", piece.rate == rate ? std::string() : " at " + format_number(piece.rate), " until ",
                      std::to_string(piece.end)});
    }
    rate = piece.rate;
  }
  return parse_spec("stages", {peak_key(course.peak), warmup_key(course), concat({"pieces=[", text, "]"})});
}

void read_parts(Values& values, std::span<const Function> functions, std::string_view list, std::string_view marks,
                const std::function<void(Values& part, std::int64_t begin, std::optional<std::int64_t> end)>& read) {
  const Json* const calls = values.unlisted(list);
  const std::vector<double> begins = values.numbers(marks);
  if (calls == nullptr || !calls->is_array() || calls->items().size() != begins.size() + 1)
    values.fail(list, concat({"must be a list of calls, one more than ", marks}));
  std::int64_t begin = 0;
  for (std::size_t k = 0; k <= begins.size(); ++k) {
    std::optional<std::int64_t> end;
    if (k < begins.size()) {
      if (begins[k] < static_cast<double>(begin) || begins[k] > 0x1p53 || std::floor(begins[k]) != begins[k])
        values.fail(marks, "must be whole steps that do not decrease");
      end = static_cast<std::int64_t>(begins[k]);
    }
    const Json& call = calls->items()[k];
    const Function* const function = function_of(functions, call);
    const std::string name = concat({list, "[", std::to_string(k), "]"});
    if (function == nullptr) values.fail(list, concat({name, " is no call that is known"}));
    Config config{values.form(), {}};
    add_arguments(config, *function, call, values.line_of(list));
    const Config flat = flattened(config);
    Values part = values.part(flat);
    read(part, begin, end);
    values.include(name, part);
    begin = end.value_or(begin);
  }
}

}  // namespace scheduled::foreign
