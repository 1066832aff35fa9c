#include "make_figures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "figures/figure.hpp"
#include "figures/report.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"
#include "shell/progress.hpp"

namespace scheduled::paper {
namespace {

using figures::Entry;
using figures::Result;
using shell::print_text;
using shell::Progress;

std::string known_variants(const Entry& entry) { return fmt::format("{}", fmt::join(entry.variants, ", ")); }

/// A figure that is to be made, and which of its variants.
struct Order {
  Entry entry;
  std::vector<std::string> variants;
};

/// NAME or NAME:VARIANT.
Order read_order(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const auto& all = figures::all();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.name == name; });
  if (found == all.end()) {
    fail_value("figure", name, "unknown; see scheduled-paper figures --list");
  }
  if (colon == std::string::npos) return {*found, {}};
  const std::string variant = text.substr(colon + 1);
  if (std::find(found->variants.begin(), found->variants.end(), variant) == found->variants.end()) {
    const std::string known =
        found->variants.empty() ? "it has none" : fmt::format("must be {}", known_variants(*found));
    fail_value("variant", concat({variant, " of ", name}), known);
  }
  return {*found, {variant}};
}

/// What is asked for, each figure once. Of all, those that need logs only where there are logs: their names go to
/// `left_out`.
std::vector<Order> chosen(const FiguresOptions& options, std::string& left_out) {
  std::vector<Order> orders;
  for (const std::string& text : options.names) {
    Order order = read_order(text);
    if (order.entry.needs_logs() && options.logs.empty()) {
      fail_value("figure", text, fmt::format("needs --logs DIR ({})", order.entry.inputs));
    }
    const auto same = [&](const Order& other) { return other.entry.name == order.entry.name; };
    const auto earlier = std::find_if(orders.begin(), orders.end(), same);
    if (earlier == orders.end()) {
      orders.push_back(std::move(order));
    } else if (order.variants.empty() || earlier->variants.empty()) {
      earlier->variants.clear();  // all of them
    } else {
      earlier->variants.push_back(order.variants.front());
    }
  }
  if (!options.names.empty()) return orders;
  for (const Entry& entry : figures::all()) {
    if (entry.needs_logs() && options.logs.empty()) {
      left_out += fmt::format("{}{}", left_out.empty() ? "" : ", ", entry.name);
    } else {
      orders.push_back({entry, {}});
    }
  }
  return orders;
}

/// A file to be written.
struct Job {
  std::filesystem::path path;
  std::function<std::string()> bytes;
};

std::vector<Job> jobs_of(const std::vector<Result>& results, const FiguresOptions& options) {
  std::vector<Job> jobs;
  const std::filesystem::path out = options.out;
  for (const Result& result : results) {
    for (const figures::Picture& picture : result.pictures) {
      jobs.push_back({out / (picture.name + ".csv"), [&picture] { return figures::csv_of(picture.figure); }});
      for (const plot::Format format : options.formats) {
        const std::filesystem::path path = out / fmt::format("{}.{}", picture.name, word_of(format));
        jobs.push_back({path, [&picture, format] { return plot::render(picture.figure, format); }});
      }
    }
    for (const figures::Animation& animation : result.animations) {
      jobs.push_back({out / (animation.name + ".gif"),
                      [&animation] { return plot::render_animation(animation.frames, animation.seconds); }});
    }
  }
  return jobs;
}

/// What to say at the end; whether all is well.
bool print_summary(const std::vector<Order>& orders, const std::vector<Result>& results, const std::string& out,
                   std::size_t kept) {
  std::size_t pictures = 0;
  std::size_t checks = 0;
  std::string bad;
  bool complete = true;
  for (std::size_t k = 0; k < results.size(); ++k) {
    pictures += results[k].pictures.size() + results[k].animations.size();
    for (const figures::Check& check : results[k].checks) {
      ++checks;
      if (check.holds()) continue;
      bad += fmt::format("{}: {}: published {}, here {:.8g}{}{}\n", orders[k].entry.name, check.what, check.published,
                         check.here, check.note.empty() ? "" : ": ", check.note);
      complete = complete && !check.note.empty();
    }
    for (const std::string& missing : results[k].missing) {
      bad += fmt::format("{}: left out: {}\n", orders[k].entry.name, missing);
      complete = false;
    }
  }
  const std::string earlier = kept == 0 ? "" : fmt::format("; report.md keeps {} of earlier runs", kept);
  print_text(bad + fmt::format("{} picture{} with data and report.md in {}; {} numbers checked{}\n", pictures,
                               pictures == 1 ? "" : "s", out, checks, earlier));
  return complete;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) fail({"cannot be read"});
  return text.str();
}

/// The rows of the report that is in the folder already.
std::vector<figures::Row> earlier_rows(const std::filesystem::path& report) {
  std::error_code error;
  if (!std::filesystem::exists(report, error) || std::filesystem::is_empty(report, error)) return {};
  try {
    return figures::rows_of(text_of(report));
  } catch (const ArgumentError& wrong) {
    throw ArgumentError(
        {.requirement = concat({wrong.what(), "; give another folder with --out"}), .place = Place{report.string()}});
  }
}

/// The figure, or why its logs did not serve: the others are made all the same.
Result make(const Order& order, const std::string& logs) {
  try {
    return order.entry.make({logs, order.variants});
  } catch (const ArgumentError& error) {
    if (!order.entry.needs_logs()) throw;
    return {.missing = {error.what()}};
  }
}

/// For the report. A figure with variants, or whose logs are not all there, may have rows of other runs.
std::vector<figures::Made> made_of(const std::vector<Order>& orders, const std::vector<Result>& results) {
  std::vector<figures::Made> made;
  for (std::size_t k = 0; k < orders.size(); ++k) {
    const Result& result = results[k];
    if (result.pictures.empty() && result.checks.empty()) continue;
    made.push_back({.name = orders[k].entry.name,
                    .variants = orders[k].variants,
                    .whole = orders[k].entry.variants.empty() && result.missing.empty(),
                    .checks = result.checks});
  }
  return made;
}

}  // namespace

std::string figure_list() {
  std::string text;
  for (const Entry& entry : figures::all()) {
    const std::string variants = entry.variants.empty() ? "" : fmt::format(" (:{})", known_variants(entry));
    text += fmt::format("{}{}: {}\n    needs: {}; takes {}\n", entry.name, variants, entry.shows, entry.inputs,
                        entry.takes);
  }
  return text;
}

void make_figures(const FiguresOptions& options) {
  std::string left_out;
  const std::vector<Order> orders = chosen(options, left_out);
  if (!options.logs.empty() && !std::filesystem::is_directory(options.logs)) {
    shell::fail_file(options.logs, "is not a folder of logs");
  }
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) shell::fail_file(options.out, "cannot be made: " + error.message());
  const std::filesystem::path out = options.out;
  shell::check_writable(out / "report.md");
  const std::vector<figures::Row> earlier = earlier_rows(out / "report.md");

  std::vector<Result> results(orders.size());
  {
    Progress progress("figures computed", orders.size());
    std::atomic<std::size_t> finished = 0;
    for_each_index(orders.size(), options.threads.count, [&](std::size_t k) {
      results[k] = make(orders[k], options.logs);
      progress.done(++finished);
    });
  }
  const std::vector<Job> jobs = jobs_of(results, options);
  {
    Progress progress("files written", jobs.size());
    std::atomic<std::size_t> finished = 0;
    for_each_index(jobs.size(), options.threads.count, [&](std::size_t k) {
      shell::write_file(jobs[k].path, jobs[k].bytes());
      progress.done(++finished);
    });
  }
  const std::vector<figures::Made> made = made_of(orders, results);
  shell::write_file(out / "report.md", figures::report(made, earlier));
  if (!print_summary(orders, results, options.out, figures::kept(made, earlier))) {
    throw std::runtime_error("not all figures are complete, see above");
  }
  if (!left_out.empty()) print_text("without --logs left out: " + left_out + "\n");
}

}  // namespace scheduled::paper
