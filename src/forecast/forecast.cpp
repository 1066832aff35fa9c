#include "scheduled/forecast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <system_error>

#include "base/error.hpp"
#include "base/file_lock.hpp"
#include "forecast/lines.hpp"

namespace scheduled {
namespace {

std::string because(std::string_view what, int error) {
  return concat({what, ": ", std::generic_category().message(error)});
}

[[noreturn]] void fail_book(const std::filesystem::path& path, const std::string& requirement) {
  throw ArgumentError({.name = {}, .value = {}, .requirement = requirement, .place = Place{path.string()}});
}

std::string read_all(int descriptor, const std::filesystem::path& path) {
  std::string text;
  std::array<char, 1 << 16> block{};
  for (;;) {
    const ssize_t count = ::read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_book(path, because("cannot be read", errno));
    if (count == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

/// A book that this process alone has, read and found sound.
class OpenBook {
 public:
  explicit OpenBook(const std::filesystem::path& path) : path_(path), file_(open_file(path)) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) fail_book(path, "is not a plain file");
    if (file_.lock() != 0) fail_book(path, "another process is writing to it");
    const std::string text = read_all(file_.get(), path);
    book = parse_forecasts(path.string(), text);
    const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    if (whole < text.size() && ::ftruncate(file_.get(), static_cast<off_t>(whole)) != 0) fail_to_write(errno);
  }

  /// One write at the end, then to the disk; nothing of it stays where that fails.
  void append(const std::string& line) {
    const off_t before = ::lseek(file_.get(), 0, SEEK_END);
    ssize_t count = -1;
    do count = ::write(file_.get(), line.data(), line.size());
    while (count < 0 && errno == EINTR);
    if (count == static_cast<ssize_t>(line.size()) && ::fsync(file_.get()) == 0) return;
    const int error = count < 0 || count == static_cast<ssize_t>(line.size()) ? errno : ENOSPC;
    [[maybe_unused]] const int cut = ::ftruncate(file_.get(), before);  // else it is cut off at the next opening
    fail_to_write(error);
  }

  ForecastBook book;

 private:
  static int open_file(const std::filesystem::path& path) {
    // Without O_NONBLOCK a FIFO would wait here for its reader.
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (descriptor < 0) fail_book(path, because("cannot be written", errno));
    return descriptor;
  }
  [[noreturn]] void fail_to_write(int error) const {
    throw std::runtime_error(concat({path_.string(), ": ", because("cannot be written", error)}));
  }

  const std::filesystem::path& path_;
  LockedFile file_;
};

ForecastSummary summary_of(const std::string& law, const std::vector<SealedForecast>& all) {
  ForecastSummary summary;
  summary.law = law;
  double held = 0.0;
  double bias = 0.0;
  double error = 0.0;
  double width = 0.0;
  for (const SealedForecast& sealed : all) {
    if (!law.empty() && sealed.forecast.law != law) continue;
    ++summary.forecasts;
    width += 0.5 * (sealed.forecast.loss.upper - sealed.forecast.loss.lower);
    if (!sealed.score) continue;
    ++summary.scored;
    held += *sealed.held() ? 1.0 : 0.0;
    bias += *sealed.error();
    error += std::abs(*sealed.error());
  }
  if (summary.forecasts > 0) summary.half_width = width / static_cast<double>(summary.forecasts);
  if (summary.scored > 0) {
    const auto count = static_cast<double>(summary.scored);
    summary.coverage = held / count;
    summary.bias = bias / count;
    summary.error = error / count;
  }
  return summary;
}

}  // namespace

ForecastBook read_forecasts(const std::filesystem::path& file, bool may_be_missing) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT && may_be_missing) return {};
  if (descriptor < 0) fail_book(file, because("cannot be read", errno));
  const LockedFile owner(descriptor);
  return parse_forecasts(file.string(), read_all(descriptor, file));
}

void check_seal(const std::filesystem::path& file, std::string_view seal) {
  const ForecastBook book = read_forecasts(file);
  if (std::find(book.seals.begin(), book.seals.end(), seal) == book.seals.end()) {
    throw ArgumentError({.name = "seal",
                         .value = std::string(seal),
                         .requirement = "no line has it: the book was cut or written anew since it was made known",
                         .place = Place{file.string()}});
  }
}

Forecast make_forecast(const FittedLaw& fitted, const Schedule& schedule, std::optional<std::int64_t> step) {
  if (!step) step = schedule.steps();
  if (!step) fail_value("schedule", print(schedule), "must have a horizon, or the step must be given");
  Forecast forecast;
  forecast.schedule = print(schedule);
  forecast.step = *step;
  forecast.loss = predict_losses(fitted, schedule, std::array{*step}).front();
  forecast.law = law_name(fitted.law.kind);
  forecast.law_hash = sha256(print_fitted_law(fitted));
  return forecast;
}

SealedForecast register_forecast(const std::filesystem::path& book, const Forecast& forecast) {
  forecast::check_forecast(forecast);
  OpenBook open(book);
  std::string seal;
  const std::string line = forecast::sealed_line(open.book.last(), "forecast", forecast::said_of(forecast), seal);
  forecast::add_forecast(open.book, forecast, seal);
  open.append(line);
  return open.book.forecasts.back();
}

SealedForecast score_forecast(const std::filesystem::path& book, ForecastScore score) {
  forecast::check_score(score);
  OpenBook open(book);
  score.seal = forecast::forecast_of(open.book, score.run).seal;
  std::string seal;
  const std::string line = forecast::sealed_line(open.book.last(), "score", forecast::said_of(score), seal);
  const SealedForecast scored = forecast::add_score(open.book, score, seal);
  open.append(line);
  return scored;
}

std::optional<double> loss_at_step(const RunLog& log, std::string_view column, std::int64_t step) {
  const Series losses = series(log, column);
  const auto found = std::lower_bound(losses.step.begin(), losses.step.end(), step);
  if (found == losses.step.end() || *found != step) return std::nullopt;
  return losses.value[static_cast<std::size_t>(found - losses.step.begin())];
}

ForecastReport report_forecasts(std::span<const ForecastBook> books) {
  ForecastReport report;
  std::vector<std::string> laws;
  for (const ForecastBook& book : books) {
    for (const SealedForecast& sealed : book.forecasts) {
      report.forecasts.push_back(sealed);
      laws.push_back(sealed.forecast.law);
    }
  }
  std::sort(laws.begin(), laws.end());
  laws.erase(std::unique(laws.begin(), laws.end()), laws.end());
  for (const std::string& law : laws) report.laws.push_back(summary_of(law, report.forecasts));
  report.laws.push_back(summary_of("", report.forecasts));
  return report;
}

}  // namespace scheduled
