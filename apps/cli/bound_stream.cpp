#include "cli/bound_stream.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/csv.hpp"
#include "base/csv_record.hpp"
#include "base/error.hpp"
#include "cli/bound_records.hpp"
#include "cli/line_input.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/runlog.hpp"
#include "shell/arguments.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"

namespace scheduled::cli {
namespace {

/// The stream to go on with: the saved one, or a new one.
OmegaStream start(const StreamVerbOptions& options, const std::optional<AskedDistance>& distance) {
  const bool saved = options.state == "-" || (!options.state.empty() && std::filesystem::exists(options.state));
  if (options.is_saved()) shell::check_writable(options.state);
  if (!saved) return OmegaStream(distance ? distance->value : 1.0);
  const std::string source = source_name(options.state);
  OmegaStream stream = located(source, [&] { return OmegaStream::restore(read_text(options.state)); });
  if (distance && distance->value != stream.distance()) {
    fail_value("distance", distance->value,
               fmt::format("the stream saved in {} has {}", source, format_number(stream.distance())));
  }
  return stream;
}

/// Prints updates as asked; knows which was printed last.
class Printer {
 public:
  Printer(const OutputOptions& options, std::int64_t every) : options_(options), every_(every) {}

  /// `row_ends`: the update that a line of the input was about.
  void update(std::int64_t step, double lr, double grad_norm, double bound, bool row_ends) {
    last_ = {step, lr, grad_norm, bound};
    is_printed_ = false;
    if (every_ > 0 ? step % every_ == 0 : row_ends) print();
  }
  void flush() { output_.flush(); }
  /// The last update, whatever --every says.
  void finish() {
    if (!is_printed_) print();
    flush();
  }

 private:
  void print() {
    const StreamedBound& u = last_;
    if (options_.json) {
      output_.write(to_json(u).dump() + "\n");
    } else if (options_.csv) {
      if (is_first_) output_.write(csv_line(csv_names(u)));
      output_.write(csv_line(csv_cells(u)));
    } else {
      constexpr const char* row = "{:>10}  {:>13}  {:>11}  {:>13}\n";
      if (is_first_) output_.write(fmt::format(fmt::runtime(row), "step", "learning rate", "grad norm", "bound"));
      output_.write(fmt::format(fmt::runtime(row), u.step, rounded(u.lr), rounded(u.grad_norm), rounded(u.bound)));
    }
    is_first_ = false;
    is_printed_ = true;
  }

  const OutputOptions& options_;
  std::int64_t every_;
  Output output_;
  StreamedBound last_;
  bool is_first_ = true;
  bool is_printed_ = true;
};

/// The updates of one line.
void take(const std::vector<UpdateStretch>& stretches, const LogStream& updates, std::optional<double> grad_norm,
          OmegaStream& stream, Printer& printer) {
  for (const UpdateStretch& stretch : stretches) {
    for (std::int64_t k = 0; k < stretch.count; ++k) {
      const UpdateRates rates = updates.rates(stretch, k);
      const double norm = grad_norm.value_or(rates.grad_norm.value_or(1.0));
      try {
        stream.push(rates.lr, norm);
      } catch (const ArgumentError& error) {
        throw error.at(Place{"", updates.lines()});
      }
      const bool row_ends = &stretch == &stretches.back() && k + 1 == stretch.count;
      printer.update(stream.steps(), rates.lr, norm, stream.value(), row_ends);
    }
  }
}

/// The rates of --lr, which has to say how long it is: a log that grows does not.
std::optional<GivenRates> given_rates(const std::string& spec) {
  if (spec.empty()) return std::nullopt;
  const std::vector<NamedSchedule> schedules = read_spec(spec, std::nullopt);
  if (schedules.size() != 1) fail_value("lr", spec, "must be one schedule");
  const Schedule& schedule = schedules.front().schedule;
  return GivenRates{[schedule](std::int64_t update) { return schedule.lr(update - 1); }, schedule.peak()};
}

/// Says once where the log has another rate.
class Differences {
 public:
  void say(const LogStream& updates, const std::string& name) {
    if (said_ || updates.difference().empty()) return;
    warn(concat({name, ": ", updates.difference()}));
    said_ = true;
  }

 private:
  bool said_ = false;
};

}  // namespace

void StreamVerbOptions::add_to(Verb& verb) {
  verb.add_calls(
          "--stream", [this](std::string_view, std::string_view file) { input = file.empty() ? "-" : file; },
          "Instead of SPECs, step by step: lines `lr` or `lr grad_norm`, or a log as it grows (CSV, or one JSON object "
          "per line); without FILE, or with -, from standard input")
      .value_optional()
      .type("[FILE]");
  verb.add("--follow", follow, "With --stream FILE: wait for more at its end, as tail -f does, until Ctrl-C");
  verb.add(
          "--state", state,
          "With --stream: go on from this file where it exists, and save there at the end; - reads standard input, and "
          "saves nothing")
      .type("FILE");
}

void bound_of_stream(const StreamVerbOptions& options, const LogOptions& log, const BoundOptions& bound,
                     std::optional<std::int64_t> every, const OutputOptions& output) {
  if (options.state == "-" && options.input == "-") {
    fail_argument("--state", "standard input holds the stream already; give one of them as a file");
  }
  if (options.follow && options.input == "-") {
    fail_argument("--follow", "only with a FILE; standard input ends when it is closed");
  }
  std::optional<double> grad_norm;
  if (bound.grad_norm) {
    if (bound.grad_norm->kind != AskedGradNorm::Kind::number) {
      fail_value("grad_norm", bound.grad_norm->text, "must be a number");
    }
    grad_norm = bound.grad_norm->value;
  }
  OmegaStream stream = start(options, bound.distance);
  const std::int64_t done = stream.steps();
  LogStream updates(source_name(options.input), {log.read_options(), done, log.warmup.value_or(0),
                                                 log.max_gap.value_or(0), given_rates(log.lr), !grad_norm});
  LineInput lines(options.input, options.follow);
  Printer printer(output, every.value_or(0));
  Differences differences;
  try {
    while (const auto line = lines.next()) {
      take(updates.push(*line), updates, grad_norm, stream, printer);
      differences.say(updates, source_name(options.input));
      if (lines.waits()) printer.flush();
    }
  } catch (const ArgumentError&) {
    printer.flush();  // what was right so far
    throw;
  }
  printer.finish();
  if (lines.ended() && updates.lines() == 0) fail_argument("--stream", "no line in the input");
  if (options.is_saved()) shell::write_file(options.state, stream.save() + "\n");
}

}  // namespace scheduled::cli
