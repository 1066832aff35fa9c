#include "foreign/course.hpp"

#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"

namespace scheduled::foreign {
namespace {

std::string whole(std::int64_t number) { return std::to_string(number); }

std::string key(std::string_view name, std::string_view value) { return concat({name, "=", value}); }

/// "polynomial power=2" as keys of a schedule: ", power=2".
std::string keys_of_decay(std::string_view decay) {
  const std::size_t blank = decay.find(' ');
  return blank == std::string_view::npos ? std::string() : std::string(decay.substr(blank + 1));
}

std::string length_of(const Course& course, std::int64_t length) {
  return concat({whole(length), course.clock.empty() ? "" : "ex"});
}

std::string pieces_of(const Course& course) {
  const auto length = [&](std::int64_t steps) { return length_of(course, steps); };
  std::string text;
  const auto add = [&](const std::string& piece) { text += (text.empty() ? "" : ", ") + piece; };
  if (course.begin >= course.warmup) add("hold until " + length(std::min(course.begin + 1, course.updates)));
  if (course.begin + 1 < course.updates) {
    std::string decay =
        concat({course.decay, " to ", print_rate(course.last), " over ", length(course.end - course.begin)});
    if (course.end + 1 > course.updates) decay += " until " + length(course.updates);
    add(decay);
  }
  if (course.end + 1 < course.updates) add("hold over " + length(course.updates - 1 - course.end));
  return concat({"pieces=[", text, "]"});
}

}  // namespace

Rate share_of_peak(double share) { return share == 0.0 ? absolute_lr(0.0) : percent_of_peak(100.0 * share); }

double cosine_at(double x) { return elementary::half_cosine(x, 1.0 - x); }

std::string peak_key(double peak) { return key("peak", format_number(peak)); }

std::string steps_key(const Course& course, std::int64_t steps) { return key("steps", length_of(course, steps)); }

std::string warmup_key(const Course& course) {
  if (course.warmup == 0) return course.clock.empty() ? std::string() : key("warmup_start", "0");
  std::string text = key("warmup", length_of(course, course.warmup));
  if (course.start) text += ", " + key("warmup_start", print_rate(*course.start));
  if (!course.warmup_keys.empty()) text += ", " + course.warmup_keys;
  return text;
}

Schedule parse_spec(std::string_view name, std::initializer_list<std::string> keys) {
  std::string text(name);
  text += '(';
  bool first = true;
  for (const std::string& one : keys) {
    if (one.empty()) continue;
    if (!first) text += ", ";
    text += one;
    first = false;
  }
  return Schedule::parse(text + ")");
}

Schedule constant_of(Course course, std::optional<std::int64_t> updates) {
  const bool reaches = updates && course.warmup < *updates;
  return parse_spec("constant", {reaches ? steps_key(course, *updates) : std::string(), peak_key(course.peak),
                                 warmup_key(course), course.clock});
}

Schedule schedule_of(const Course& course) {
  const std::int64_t reached = course.start ? course.warmup : course.warmup - 1;  // the first step at the peak
  if (course.updates <= course.warmup || course.begin + 1 >= course.updates || course.end <= course.begin) {
    return constant_of(course, course.updates);
  }
  const bool ends = course.end == course.updates || course.end + 1 == course.updates;
  const std::int64_t length = course.end - course.begin;
  if (!ends || course.begin < course.warmup || course.begin < reached) {
    Course whole_run = course;
    if (course.end == course.updates) ++whole_run.updates;  // the update that is never made has the last rate
    return parse_spec("stages",
                      {peak_key(course.peak), warmup_key(course), pieces_of(whole_run), course.floor, course.clock});
  }
  const std::string steps = steps_key(course, course.end + 1);
  const std::string last = key("final", print_rate(course.last));
  const std::string name = course.decay.substr(0, course.decay.find(' '));
  const std::string more = keys_of_decay(course.decay);
  if (course.begin == course.warmup) {
    return parse_spec(name, {steps, peak_key(course.peak), warmup_key(course), more, last, course.floor, course.clock});
  }
  return parse_spec("wsd",
                    {steps, peak_key(course.peak), warmup_key(course), key("cooldown", length_of(course, length)),
                     key("decay", name), more, last, course.floor, course.clock});
}

Schedule table_of(Values& values, std::int64_t updates, const std::function<double(std::int64_t)>& rate) {
  constexpr std::int64_t most = 10'000'000;
  if (updates > most) {
    fail_value("updates", std::to_string(updates),
               "too many for a table of rates, which these settings need: no spec has them");
  }
  std::vector<double> rates(static_cast<std::size_t>(updates));
  for (std::int64_t i = 0; i < updates; ++i) rates[static_cast<std::size_t>(i)] = rate(i);
  values.differs("no spec has exactly these rates: they are a table, which has no other horizon");
  return Schedule::table(std::move(rates));
}

}  // namespace scheduled::foreign
