#include <algorithm>
#include <optional>
#include <string_view>

#include "schedule/resolved.hpp"
#include "schedule/text.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {
namespace {

/// The name and `key=value` texts of a spec; the text itself where it is none.
std::vector<std::string> parts(const std::string& spec) {
  const std::optional<Json> parsed = [&]() -> std::optional<Json> {
    try {
      return parse_spec_text(spec);
    } catch (const ArgumentError&) {
      return std::nullopt;
    }
  }();
  if (!parsed) return {spec};
  std::vector<std::string> out{parsed->find("schedule")->text()};
  for (const auto& [key, value] : parsed->members()) {
    if (key != "schedule") out.push_back(key + "=" + value_text(value));
  }
  return out;
}

using Notes = std::map<std::int64_t, std::string>;

void note(Notes& notes, std::int64_t step, std::string_view what) {
  std::string& text = notes[step];
  text += (text.empty() || what.empty() ? "" : ", ") + std::string(what);
}

/// The first and last steps of the pieces of `stages`.
void note_pieces(Notes& notes, const Schedule& schedule) {
  const auto* const shape = std::get_if<Stages>(&schedule.spec().shape);
  if (shape == nullptr) return;
  const auto resolved = resolve(schedule.spec());
  const auto& places = std::get<StageRates>(resolved->main).pieces;
  const std::int64_t cooldown = resolved->end - resolved->time.cooldown_steps;
  for (std::size_t k = 0; k < shape->pieces.size() && places[k].begin < static_cast<double>(cooldown); ++k) {
    const std::int64_t step = resolved->keeping.steps_before(static_cast<std::int64_t>(places[k].begin));
    if (step > 0) note(notes, step - 1, "");
    note(notes, step, "first of " + in_quotes(print_stage(shape->pieces[k])));
  }
}

/// Where the batch changes, if it does so a few times.
void note_batches(Notes& notes, const Schedule& schedule) {
  constexpr std::size_t most = 9;
  const Timeline timeline(schedule.spec().step_size);
  const std::vector<double> changes = timeline.changes();
  if (changes.size() > most) return;
  for (const double step : changes) {
    if (schedule.steps() && step >= static_cast<double>(*schedule.steps())) break;
    note(notes, static_cast<std::int64_t>(step), "batch " + format_number(timeline.batch(step)));
  }
}

}  // namespace

std::vector<std::string> short_names(std::span<const std::string> specs, bool with_peak) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& spec : specs) all.push_back(parts(spec));
  const auto everywhere = [&](const std::string& part) {
    return std::all_of(all.begin(), all.end(), [&](const auto& other) {
      return std::find(other.begin() + 1, other.end(), part) != other.end();
    });
  };
  std::vector<std::string> names;
  for (const std::vector<std::string>& own : all) {
    std::string inner;
    for (std::size_t p = 1; p < own.size(); ++p) {
      const bool is_peak = own[p].starts_with("peak=");
      const bool shared = all.size() > 1 && everywhere(own[p]);
      if ((is_peak && !with_peak) || shared) continue;
      inner += (inner.empty() ? "" : ", ") + own[p];
    }
    names.push_back(own.front() + (inner.empty() ? "" : "(" + inner + ")"));
  }
  return names;
}

std::vector<std::int64_t> spread_steps(std::int64_t T, std::size_t points) {
  const auto count = std::min(static_cast<std::int64_t>(points), T);
  if (count <= 1) return {T};
  std::vector<std::int64_t> t;
  t.reserve(static_cast<std::size_t>(count));
  // T - 1 = whole (count - 1) + rest, so that no product of two large numbers is needed.
  const std::int64_t whole = (T - 1) / (count - 1);
  const std::int64_t rest = (T - 1) % (count - 1);
  for (std::int64_t k = 0; k < count; ++k) t.push_back(1 + k * whole + k * rest / (count - 1));
  return t;
}

std::map<std::int64_t, std::string> informative_steps(const Schedule& schedule, std::int64_t end) {
  const Layout& layout = schedule.layout();
  const std::int64_t warmup = layout.warmup_steps;
  Notes steps;
  for (const std::int64_t t : spread_steps(std::min(end, layout.steps.value_or(end)), 9)) note(steps, t - 1, "");
  note(steps, 0, "first");
  if (warmup > 0) {
    note(steps, warmup - 1, "last warmup");
    note(steps, schedule.lr(warmup - 1) == schedule.lr(warmup) ? warmup - 1 : warmup, "first at the top");
  }
  note_pieces(steps, schedule);
  note_batches(steps, schedule);
  if (layout.steps) {
    const std::int64_t cooldown = *layout.steps - layout.cooldown_steps;
    if (layout.cooldown_steps > 0) {
      if (cooldown > warmup) note(steps, cooldown - 1, "last before the cooldown");
      note(steps, cooldown, "first of the cooldown");
    }
    note(steps, *layout.steps - 1, layout.cooldown_steps > 0 ? "last of the cooldown" : "last");
    note(steps, *layout.steps, "past the end");
  }
  return steps;
}

std::map<std::int64_t, std::string> informative_updates(const Schedule& schedule, std::int64_t T) {
  Notes updates;
  const auto note_within = [&](std::int64_t t, std::string_view why) {
    if (t >= 1 && t <= T) note(updates, t, why);
  };
  for (const std::int64_t t : spread_steps(T, 9)) note_within(t, "");
  const Layout& layout = schedule.layout();
  if (layout.warmup_steps > 0) note_within(layout.warmup_steps, "last of the warmup");
  if (layout.steps && layout.cooldown_steps > 0 && layout.cooldown_steps < *layout.steps - 1) {
    note_within(*layout.steps - layout.cooldown_steps, "last before the cooldown");
  }
  return updates;
}

}  // namespace scheduled
