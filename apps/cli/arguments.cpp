#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "plot/figure.hpp"
#include "scheduled/error.hpp"

namespace scheduled::cli {

void fail(const std::string& text) { throw std::invalid_argument(text); }

std::string reworded(std::string_view text, std::span<const Word> words) {
  const auto of_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && of_name(text[end])) ++end;
    const std::string_view name = text.substr(at, end - at);
    const auto word = std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.of_library == name; });
    std::size_t after = end;
    if (after < text.size() && text[after] == '[') after = std::min(text.find(']', after), text.size() - 1) + 1;
    const std::string_view rest = text.substr(std::min(after, text.size()));
    if (word != words.end() && (rest.starts_with(" = ") || rest.starts_with(":"))) {
      out += word->of_user;
      at = after;
    } else {
      out += text.substr(at, std::max<std::size_t>(end - at, 1));
      at = std::max(end, at + 1);
    }
  }
  return out;
}

double read_number(std::string_view name, std::string_view text) {
  const auto number = parse_number(text);
  if (!number) fail(fmt::format("{} = {}: must be a number", name, text));
  return *number;
}

std::optional<std::int64_t> read_steps(std::string_view name, std::string_view text) {
  if (text.empty()) return std::nullopt;
  const Duration duration = parse_duration(name, text);
  if (duration.unit != Duration::Unit::steps) fail(fmt::format("{} = {}: must be a number of steps", name, text));
  return resolve_steps(name, duration, std::nullopt, {});
}

double read_share(std::string_view name, std::string_view text) {
  const bool percent = text.ends_with('%');
  const auto number = parse_number(text.substr(0, text.size() - (percent ? 1 : 0)));
  if (!number) fail(fmt::format("{} = {}: must be a share such as 20% or 0.2", name, text));
  return percent ? *number / 100.0 : *number;
}

GradNormArgument::GradNormArgument(const std::string& text, std::int64_t steps) {
  if (text.empty()) return;
  if (text.starts_with("t^")) {
    series_ = power_grad_norm(read_number("grad-norm exponent", text.substr(2)), steps);
  } else if (const auto number = parse_number(text)) {
    value_ = *number;
  } else {
    series_ = read_numbers(text, read_text(text));
    if (series_.empty()) fail(text + ": holds no grad norms");
  }
}

CLI::Option* SpecOptions::add_to(CLI::App& verb) {
  verb.add_option("--steps", steps, "Horizon of every SPEC that has none, e.g. 50k")->type_name("N");
  return verb.add_option("SPEC", specs,
                         "Schedule, e.g. \"wsd(steps=50k, cooldown=20%)\"; - reads one per line from standard input; "
                         "@FILE reads a spec, the JSON that show prints, or one rate per line");
}

std::vector<NamedSchedule> SpecOptions::read() const {
  std::optional<Duration> horizon;
  if (!steps.empty()) horizon = parse_duration("steps", steps);
  std::vector<NamedSchedule> schedules;
  for (const std::string& spec : specs) {
    for (NamedSchedule& schedule : read_spec(spec, horizon)) schedules.push_back(std::move(schedule));
  }
  return schedules;
}

void BoundOptions::add_to(CLI::App& verb, Of of) {
  verb.add_option("-T,--T", T, "Evaluate after this many steps (1 <= T <= horizon); default: at the horizon")
      ->type_name("N");
  add_settings_to(verb, of);
}

void BoundOptions::add_settings_to(CLI::App& verb, Of of) {
  verb.add_option("-D,--distance", distance, "Distance from the start to the optimum, > 0; default 1")->type_name("D");
  verb.add_option("-G,--grad-norm", grad_norm,
                  "Gradient norms: a number, t^ALPHA, or a file with one value per step; default 1")
      ->type_name("G");
  if (of == Of::last_iterate) return;
  std::vector<std::string> names{"omega"};
  std::string meaning = "omega: bound of the last iterate";
  if (of != Of::optimal) {
    names.emplace_back("standard");
    meaning += "; standard: of the average iterate";
  }
  if (of == Of::all || of == Of::optimal) {
    names.emplace_back("worst-case");
    meaning += "; worst-case: exact worst case of the last iterate";
  }
  verb.add_option("--criterion", criterion, meaning)->check(CLI::IsMember(names))->capture_default_str();
}

Criterion BoundOptions::which() const {
  if (criterion == "worst-case") return Criterion::worst_case;
  return criterion == "omega" ? Criterion::omega : Criterion::standard;
}

namespace {

/// Steps that are summed, and for which a power of t must be known.
std::int64_t longest(std::optional<std::int64_t> T, const std::vector<NamedSchedule>& schedules) {
  std::int64_t steps = T.value_or(0);
  if (!T) {
    for (const NamedSchedule& entry : schedules) steps = std::max(steps, entry.schedule.steps().value_or(0));
  }
  check_summable(steps);
  return steps;
}

}  // namespace

BoundArguments::BoundArguments(const BoundOptions& options, const std::vector<NamedSchedule>& schedules)
    : T_(read_steps("T", options.T)), grad_norm_(options.grad_norm, longest(T_, schedules)) {
  const double distance = options.distance.empty() ? 1.0 : read_number("distance", options.distance);
  settings_ = {grad_norm_.view(), distance, T_, options.which()};
}

void RatesFile::add_to(CLI::App& verb) {
  verb.add_option("--out", file, "Write the rates, one per line, for other verbs as @FILE")->type_name("FILE");
}

void RatesFile::check() const {
  if (!file.empty()) shell::check_writable(file);
}

void RatesFile::write(std::span<const double> rates, std::string_view title) const {
  if (file.empty()) return;
  std::string text = fmt::format("# {}\n", title);
  for (const double rate : rates) text += format_number(rate) + "\n";
  shell::write_file(file, text);
}

void OutputOptions::add_to(CLI::App& verb) {
  auto* const as_json = verb.add_flag("--json", json, "Print JSON; numbers read back exactly");
  verb.add_flag("--csv", csv, "Print CSV; numbers read back exactly")->excludes(as_json);
  verb.add_option("-o,--output", figure, "Draw a figure (needs gnuplot)")
      ->type_name("FILE.{png,svg,pdf}")
      ->each([](const std::string& file) {
        if (file.empty()) fail("-o: must name a file ending in .png, .svg or .pdf");
      });
}

void OutputOptions::check() const {
  if (!figure.empty()) plot::check_figure_path(figure);
}

Json grad_norm_json(const std::string& text) {
  const auto number = parse_number(text);
  return number ? Json(*number) : Json(text);
}

void add_settings(Json& json, const BoundOptions& options) {
  json["criterion"] = options.criterion;
  json["distance"] = options.distance.empty() ? 1.0 : read_number("distance", options.distance);
  json["grad_norm"] = grad_norm_json(options.grad_norm.empty() ? "1" : options.grad_norm);
}

std::string settings_text(const BoundOptions& options) {
  const std::string_view name = options.which() == Criterion::omega      ? "last-iterate bound"
                                : options.which() == Criterion::standard ? "average-iterate bound"
                                                                         : "worst case of the last iterate";
  return fmt::format("{}, distance {}, grad norm {}", name, options.distance.empty() ? "1" : options.distance,
                     options.grad_norm.empty() ? "1" : options.grad_norm);
}

}  // namespace scheduled::cli
