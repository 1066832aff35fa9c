#include "cli/bound_stream.hpp"
#include "scheduled/error.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "base/csv.hpp"
#include "cli/line_input.hpp"
#include "cli/output.hpp"
#include "plot/file.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::cli {
namespace {

/// The stream to go on with: the saved one, or a new one.
OmegaStream start(const StreamVerbOptions& options, const std::string& distance) {
  const bool saved = !options.state.empty() && std::filesystem::exists(options.state);
  if (!options.state.empty()) plot::check_writable(options.state);
  if (!saved) return OmegaStream(distance.empty() ? 1.0 : read_number("distance", distance));
  OmegaStream stream = [&] {
    try {
      return OmegaStream::restore(read_text(options.state));
    } catch (const std::invalid_argument& error) {
      const std::string what = error.what();
      fail(what.starts_with(options.state) ? what : options.state + ": " + what);
    }
  }();
  if (!distance.empty() && read_number("distance", distance) != stream.distance()) {
    fail(fmt::format("distance = {}: the stream saved in {} has {}", distance, options.state,
                     format_number(stream.distance())));
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
  struct Update {
    std::int64_t step = 0;
    double lr = 0.0, grad_norm = 0.0, bound = 0.0;
  };

  void print() {
    const Update& u = last_;
    if (options_.json) {
      const Json json = {{"step", u.step}, {"lr", u.lr}, {"grad_norm", u.grad_norm}, {"bound", u.bound}};
      output_.write(json.dump() + "\n");
    } else if (options_.csv) {
      if (is_first_) output_.write("step,lr,grad_norm,bound\n");
      output_.write(
          csv_line({std::to_string(u.step), format_number(u.lr), format_number(u.grad_norm), format_number(u.bound)}));
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
  Update last_;
  bool is_first_ = true;
  bool is_printed_ = true;
};

/// The updates of one line.
void take(const std::vector<UpdateStretch>& stretches, const LogStream& updates, std::optional<double> grad_norm,
          OmegaStream& stream, Printer& printer) {
  for (const UpdateStretch& stretch : stretches) {
    for (std::int64_t k = 0; k < stretch.count; ++k) {
      const UpdateRates rates = stretch.at(k);
      const double norm = grad_norm.value_or(rates.grad_norm.value_or(1.0));
      try {
        stream.push(rates.lr, norm);
      } catch (const std::invalid_argument& error) {
        fail(fmt::format("line {}: {}", updates.lines(), error.what()));
      }
      const bool row_ends = &stretch == &stretches.back() && k + 1 == stretch.count;
      printer.update(stream.steps(), rates.lr, norm, stream.value(), row_ends);
    }
  }
}

}  // namespace

void StreamVerbOptions::add_to(CLI::App& verb) {
  verb.add_option_function<std::string>(
          "--stream", [this](const std::string& file) { input = file.empty() ? "-" : file; },
          "Instead of SPECs, step by step: lines `lr` or `lr grad_norm`, or a log as it grows (CSV, or one JSON object "
          "per line); without FILE, or with -, from standard input")
      ->expected(0, 1)
      ->type_name("[FILE]");
  verb.add_flag("--follow", follow, "With --stream FILE: wait for more at its end, as tail -f does, until Ctrl-C");
  verb.add_option("--state", state, "With --stream: go on from this file where it exists, and save there at the end")
      ->type_name("FILE");
}

void bound_of_stream(const StreamVerbOptions& options, const LogOptions& log, const BoundOptions& bound,
                     const std::string& every, const OutputOptions& output) {
  const auto rows = read_steps("every", every);
  if (rows && *rows < 1) fail("every = 0: must be >= 1");
  if (options.follow && options.input == "-") fail("--follow: only with a FILE; standard input ends when it is closed");
  std::optional<double> grad_norm;
  if (!bound.grad_norm.empty()) grad_norm = read_number("grad_norm", bound.grad_norm);
  OmegaStream stream = start(options, bound.distance);
  const std::int64_t done = stream.steps();
  LogStream updates(options.input == "-" ? "standard input" : options.input,
                    {read_options(log.columns), done, read_steps("log-warmup", log.warmup).value_or(0),
                     read_steps("max-gap", log.max_gap).value_or(0)});
  LineInput lines(options.input, options.follow);
  Printer printer(output, rows.value_or(0));
  try {
    while (const auto line = lines.next()) {
      take(updates.push(*line), updates, grad_norm, stream, printer);
      if (lines.waits()) printer.flush();
    }
  } catch (const std::invalid_argument&) {
    printer.flush();  // what was right so far
    throw;
  }
  printer.finish();
  if (lines.ended() && updates.lines() == 0) fail("--stream: no line in the input");
  if (!options.state.empty()) plot::write_file(options.state, stream.save() + "\n");
}

}  // namespace scheduled::cli
