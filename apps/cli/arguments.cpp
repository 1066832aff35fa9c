#include "cli/arguments.hpp"
#include "scheduled/error.hpp"

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
#include "plot/file.hpp"

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

namespace {

std::string read_stream(std::istream& stream, const std::string& name) {
  std::string text;
  std::array<char, 1 << 14> block{};
  errno = 0;
  do {
    stream.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  } while (stream);
  if (stream.bad()) fail(name + ": cannot be read: " + std::generic_category().message(errno));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) fail(name + ": empty");
  return text;
}

}  // namespace

std::string read_text(const std::string& file) {
  if (file == "-") return read_stream(std::cin, "standard input");
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) fail(file + ": no such file");
  if (status.type() == std::filesystem::file_type::directory) fail(file + ": is a directory, not a file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(file + ": cannot be opened: " + std::generic_category().message(errno));
  return read_stream(stream, file);
}

std::vector<double> read_numbers(std::string_view name, std::string_view text) {
  std::vector<double> numbers;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view entry = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    entry = entry.substr(0, entry.find('#'));
    const std::size_t first = entry.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) continue;
    entry = entry.substr(first, entry.find_last_not_of(" \t\r") + 1 - first);
    const auto number = parse_number(entry);
    if (!number) fail(fmt::format("{}, line {}: '{}': must be a number", name, line, entry.substr(0, 60)));
    numbers.push_back(*number);
  }
  return numbers;
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

std::vector<std::string> read_list(std::string_view name, std::string_view text) {
  std::vector<std::string> entries;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view entry = text.substr(begin, end - begin);
    const std::size_t first = entry.find_first_not_of(' ');
    if (first == std::string_view::npos) fail(fmt::format("{} = {}: an entry is empty", name, text));
    entry = entry.substr(first, entry.find_last_not_of(' ') + 1 - first);
    entries.emplace_back(entry);
    begin = end + 1;
  }
  return entries;
}

void check_summable(std::int64_t T) {
  if (T > 1'000'000'000) fail(fmt::format("T = {}: must be at most 1e9 steps to be summed", T));
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
  if (!file.empty()) plot::check_writable(file);
}

void RatesFile::write(std::span<const double> rates, std::string_view title) const {
  if (file.empty()) return;
  std::string text = fmt::format("# {}\n", title);
  for (const double rate : rates) text += format_number(rate) + "\n";
  plot::write_file(file, text);
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

}  // namespace scheduled::cli
