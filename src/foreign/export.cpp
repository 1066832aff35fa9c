// A schedule as a program's configuration: the tool's best try is read back and compared at all updates.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "foreign/import.hpp"
#include "foreign/render.hpp"
#include "schedule/nature.hpp"

namespace scheduled::foreign {
namespace {

/// Where two schedules differ most among the first `updates`; all of them, or some millions spread over a longer run.
struct Difference {
  double largest = 0.0;
  std::int64_t first = -1;  ///< update where they differ by more than rounding
};

Difference compare(const Schedule& ours, const Schedule& theirs, std::int64_t updates) {
  constexpr std::int64_t block = 4096;
  constexpr std::int64_t most_blocks = 4096;
  const std::int64_t blocks = (updates + block - 1) / block;
  const std::int64_t looked_at = std::min(blocks, most_blocks);
  std::vector<double> a(block), b(block);
  Difference found;
  const double rounding = 1e-15 * ours.peak();
  for (std::int64_t k = 0; k < looked_at; ++k) {
    const std::int64_t first = (blocks <= most_blocks ? k : k * (blocks - 1) / (most_blocks - 1)) * block;
    const auto count = static_cast<std::size_t>(std::min(block, updates - first));
    ours.fill(first, {a.data(), count});
    theirs.fill(first, {b.data(), count});
    for (std::size_t j = 0; j < count; ++j) {
      const double difference = std::fabs(a[j] - b[j]);
      found.largest = std::max(found.largest, difference);
      if (found.first < 0 && difference > rounding) found.first = first + static_cast<std::int64_t>(j);
    }
  }
  return found;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", 100.0 * share);
  return std::string(text) + " %";
}

/// The updates that the program makes. Throws CannotExpress where what is read back is another schedule.
std::optional<std::int64_t> check(const Outline& outline, const Tool& tool, const Written& written,
                                  const std::string& text) {
  constexpr std::int64_t without_horizon = 1'000'000;
  const bool endless = !written.updates && !outline.steps;
  std::optional<ImportedSchedule> back;
  try {
    const auto asked = endless ? std::optional(without_horizon) : written.updates;
    back = import_schedule(text, {std::string(tool.about.name), asked, "export"});
  } catch (const ArgumentError& error) {
    ArgumentError::Fields fields = error.fields();
    cannot(concat({"cannot be given it: ", fields.name, fields.name.empty() ? "" : " ", fields.requirement}));
  }
  if (endless) back->updates.reset();
  const std::optional<std::int64_t> updates = written.updates ? written.updates : back->updates;
  const Difference found = compare(outline.schedule, back->schedule, updates.value_or(without_horizon));
  if (found.first >= 0) {
    cannot(concat({"has no settings for it; with the nearest ones update ", std::to_string(found.first),
                   " would be the first with another rate, and the largest difference ",
                   percent(found.largest / outline.peak), " of the peak"}));
  }
  return updates;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

void cannot(std::string why) { throw CannotExpress{std::move(why)}; }

void needs_course(const Outline& outline, std::string_view key) {
  if (!outline.flat) cannot(concat({"has nothing like ", schedule_name(outline.schedule)}));
  if (!outline.steps) cannot(concat({"needs ", key, ", and the schedule has no horizon; give it steps=N"}));
  if (outline.updates() < 1) cannot("needs at least one update before the end of the schedule");
}

void needs_decay(const Outline& outline, std::initializer_list<std::string_view> decays) {
  if (outline.decay.empty()) return;
  if (std::find(decays.begin(), decays.end(), outline.decay) == decays.end())
    cannot(concat({"has no decay like ", outline.decay}));
  if (outline.exponent != 1.0) cannot("has no cosine with an exponent");
}

std::int64_t warmup_from_zero(const Outline& outline) {
  if (outline.warmup > 0 && (!outline.start || *outline.start != 0.0)) {
    cannot("begins its warmup at the rate 0; give the schedule warmup_start=0");
  }
  return outline.warmup;
}

}  // namespace scheduled::foreign

namespace scheduled {

ExportedSchedule export_schedule(const Schedule& schedule, std::string_view name, std::string_view table) {
  using namespace foreign;
  const Tool& tool = find_tool("to", name);
  const Outline outline = outline_of(schedule);
  ExportedSchedule found{.tool = std::string(tool.about.name)};
  try {
    if (holds_rates(schedule.spec())) cannot("has no settings that could be told from a table of rates");
    const Written written = tool.write(outline);
    found.form = written.form;
    found.text = render(written, tool);
    found.updates = check(outline, tool, written, found.text);
    if (schedule.steps() && found.updates && *found.updates < *schedule.steps()) {
      const std::int64_t left = *schedule.steps() - *found.updates;
      found.notes.push_back(
          concat({"the program makes updates 0 to ", std::to_string(*found.updates - 1),
                  left == 1 ? "; the last step of the schedule, with the rate "
                            : "; the last steps of the schedule, down to the rate ",
                  format_number(schedule.lr(*schedule.steps() - 1)), ", is where it would arrive then"}));
    }
    if (!schedule.spec().step_size.ramp.empty() && schedule.spec().clock != Clock::examples) {
      found.notes.push_back("the changes of the batch are not in it: the rates do not follow them");
    }
    return found;
  } catch (const CannotExpress& reason) {
    found.why = concat({tool.about.title, " ", reason.why});
  }
  if (!schedule.steps())
    fail_value("to", tool.about.name, concat({found.why, "; a table of rates needs a horizon: give steps=N"}));
  found.table = true;
  found.form = "Python";
  const std::string loaded = table.ends_with(".json")
                                 ? concat({"np.array(__import__(\"json\").load(open(\"", table, "\")))"})
                                 : concat({"np.load(\"", table, "\")"});
  found.text =
      replaced(replaced(std::string(tool.glue), "np.load(\"TABLE\")", loaded), "PEAK", format_number(schedule.peak()));
  found.updates = schedule.steps();
  return found;
}

std::string numpy_file(std::span<const double> rates) {
  static_assert(std::endian::native == std::endian::little);
  std::string header =
      concat({"{'descr': '<f8', 'fortran_order': False, 'shape': (", std::to_string(rates.size()), ",), }"});
  constexpr std::size_t before = 10;  // magic, version, length of the header
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(rates.data()), rates.size_bytes());
  return bytes;
}

}  // namespace scheduled
