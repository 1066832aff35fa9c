#include "scheduled/forecast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/file_lock.hpp"
#include "forecast/lines.hpp"
#include "forecast/records.hpp"
#include "law/end.hpp"

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

/// No FIFO, of which each reader gets a part, and no device without end.
void require_plain_file(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) fail_book(path, "is not a plain file");
}

/// A book that this process alone has, read and found sound.
class OpenBook {
 public:
  /// `making`: where there is none, an empty one.
  OpenBook(const std::filesystem::path& path, bool making) : path_(path), file_(open_file(path, making)) {
    require_plain_file(file_.get(), path);
    wait_for_lock();
    const std::string text = read_all(file_.get(), path);
    book = parse_forecasts(path.string(), text);
    const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    unended_ = book.seals.size() > lines;
    if (unended_ || whole == text.size()) return;
    if (::ftruncate(file_.get(), static_cast<off_t>(whole)) != 0) fail_to_write(errno);
  }

  /// One write at the end, then to the disk; nothing of it stays where that fails.
  void append(std::string line) {
    line = (unended_ ? "\n" : "") + std::move(line) + "\n";
    const off_t before = ::lseek(file_.get(), 0, SEEK_END);
    ssize_t count = -1;
    do count = ::write(file_.get(), line.data(), line.size());
    while (count < 0 && errno == EINTR);
    if (count == static_cast<ssize_t>(line.size()) && ::fsync(file_.get()) == 0) {
      if (before == 0) keep_name();
      return;
    }
    const int error = count < 0 || count == static_cast<ssize_t>(line.size()) ? errno : ENOSPC;
    [[maybe_unused]] const int cut = ::ftruncate(file_.get(), before);  // else it is cut off at the next opening
    fail_to_write(error);
  }

  ForecastBook book;

 private:
  static int open_file(const std::filesystem::path& path, bool making) {
    // Without O_NONBLOCK a FIFO would wait here for its reader.
    const int how = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | (making ? O_CREAT : 0);
    const int descriptor = ::open(path.c_str(), how, 0666);
    if (descriptor < 0) fail_book(path, because("cannot be written", errno));
    return descriptor;
  }
  /// A line takes milliseconds: runs that end at the same time wait for each other.
  void wait_for_lock() {
    constexpr int most = 100;
    for (int tries = 0;; ++tries) {
      const int error = file_.lock();
      if (error == 0) return;
      if (error != EWOULDBLOCK || tries == most) fail_book(path_, "another process is writing to it");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  [[noreturn]] void fail_to_write(int error) const {
    throw std::runtime_error(concat({path_.string(), ": ", because("cannot be written", error)}));
  }

  /// A new file's name to the disk as well, where its folder lets that be.
  void keep_name() const {
    const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
  }

  const std::filesystem::path& path_;
  LockedFile file_;
  bool unended_ = false;  ///< the last line is whole but for its line break
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
  require_plain_file(descriptor, file);
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
  forecast.loss = law::identified_end(fitted, schedule.values(*step));
  forecast.law = law_name(fitted.law.kind);
  forecast.law_hash = sha256(print_fitted_law(fitted));
  forecast.how = fitted.how;
  forecast.how["version"] = version();
  std::size_t number = 0;
  for (const SeenRun& run : fitted.seen) {
    forecast.how[concat({"run ", std::to_string(++number)})] =
        concat({run.name, ", steps ", std::to_string(run.first), " to ", std::to_string(run.steps)});
  }
  return forecast;
}

SealedForecast register_forecast(const std::filesystem::path& book, const Forecast& forecast) {
  forecast::check_forecast(forecast);
  OpenBook open(book, true);
  const std::string line = forecast::sealed_line(open.book.last(), "forecast", to_json(forecast));
  forecast::take_line(open.book, line);  // what readers do: a line that they refuse must not be written
  open.append(line);
  return open.book.forecasts.back();
}

SealedForecast score_forecast(const std::filesystem::path& book, ForecastScore score) {
  forecast::check_score(score);
  OpenBook open(book, false);
  score.seal = forecast::forecast_of(open.book, score.run).seal;
  const std::string line = forecast::sealed_line(open.book.last(), "score", to_json(score));
  forecast::take_line(open.book, line);
  open.append(line);
  return forecast::forecast_of(open.book, score.run);
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
      const auto same = std::find_if(report.forecasts.begin(), report.forecasts.end(),
                                     [&](const SealedForecast& other) { return other.seal == sealed.seal; });
      if (same != report.forecasts.end()) {
        if (!same->score) same->score = sealed.score;
        continue;
      }
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
