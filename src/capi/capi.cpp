// The C interface (scheduled.h): converts, makes one call, and turns exceptions into the error of this thread.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/schedule.hpp"
#include "scheduled/scheduled.h"

struct scheduled_schedule {
  scheduled::Schedule value;
};

struct scheduled_stream {
  scheduled::OmegaStream value;
};

namespace {

using scheduled::ArgumentError;
using scheduled::GradNorm;

/// The error of this thread with the texts that its pointers show. Where memory is short it says so and no more.
class LastError {
 public:
  const scheduled_error& get() const noexcept { return shown_; }

  int set(const ArgumentError& error) {
    fields_ = error.fields();
    message_ = error.what();
    const scheduled::Place place = fields_.place.value_or(scheduled::Place{});
    source_ = place.source;
    shown_ = {SCHEDULED_BAD_ARGUMENT,
              message_.c_str(),
              fields_.name.c_str(),
              fields_.index.value_or(-1),
              fields_.value.c_str(),
              fields_.requirement.c_str(),
              source_.c_str(),
              place.line,
              place.column};
    return shown_.code;
  }

  int set(const std::exception& error) {
    message_ = error.what();
    shown_ = none;
    shown_.code = SCHEDULED_FAILED;
    shown_.message = message_.c_str();
    return shown_.code;
  }

  int set_no_memory() noexcept {
    shown_ = none;
    shown_.code = SCHEDULED_NO_MEMORY;
    shown_.message = "out of memory";
    return shown_.code;
  }

 private:
  static constexpr scheduled_error none{SCHEDULED_OK, "", "", -1, "", "", "", 0, 0};

  ArgumentError::Fields fields_;
  std::string message_;
  std::string source_;
  scheduled_error shown_ = none;
};

thread_local LastError last_error;

/// The code of the exception in flight.
int caught() noexcept {
  try {
    try {
      throw;
    } catch (const ArgumentError& error) {
      return last_error.set(error);
    } catch (const std::bad_alloc&) {
      return last_error.set_no_memory();
    } catch (const std::exception& error) {
      return last_error.set(error);
    }
  } catch (...) {  // copying the texts failed
    return last_error.set_no_memory();
  }
}

template <class Call>
int guarded(Call call) noexcept {
  try {
    call();
    return SCHEDULED_OK;
  } catch (...) {
    return caught();
  }
}

std::size_t checked_count(std::string_view name, int64_t count, int64_t least) {
  if (count < least) {
    scheduled::fail_value(name, std::to_string(count), "must be at least " + std::to_string(least));
  }
  return static_cast<std::size_t>(count);
}

std::string_view checked_text(std::string_view name, const char* text) {
  if (text == nullptr) scheduled::fail_argument(name, "must not be NULL");
  return text;
}

template <class T>
std::span<T> series(std::string_view name, T* values, std::size_t count) {
  if (values == nullptr && count > 0) scheduled::fail_argument(name, "must not be NULL");
  return {values, count};
}

GradNorm norm_of(const double* grad_norm, int64_t norms) {
  const std::size_t count = checked_count("norms", norms, 0);
  if (grad_norm == nullptr && count == 0) return 1.0;
  const std::span<const double> values = series("grad_norm", grad_norm, count);
  if (count == 1) return values[0];
  return values;
}

/// Calls f(lr, grad_norm) with the checked arguments of the bounds.
template <class Function>
int on_rates(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, Function f) noexcept {
  return guarded([&] {
    const std::size_t count = checked_count("steps", steps, 1);
    f(series("lr", lr, count), norm_of(grad_norm, norms));
  });
}

/// Copies what fits and a 0; returns the whole length, or -1.
template <class Make>
int64_t write_text(Make make, char* text, int64_t size) noexcept {
  int64_t length = -1;
  guarded([&] {
    const std::size_t room = checked_count("size", size, 0);
    const std::string made = make();
    if (room > 0) {
      const std::size_t part = std::min(made.size(), room - 1);
      std::memcpy(series("text", text, room).data(), made.data(), part);
      text[part] = '\0';
    }
    length = static_cast<int64_t>(made.size());
  });
  return length;
}

}  // namespace

const char* scheduled_version(void) {
  static const std::string version(scheduled::version());
  return version.c_str();
}

const scheduled_error* scheduled_last_error(void) { return &last_error.get(); }

int scheduled_parse(const char* spec, int64_t default_steps, scheduled_schedule** schedule) {
  return guarded([&] {
    std::optional<scheduled::Duration> steps;
    if (checked_count("default_steps", default_steps, 0) > 0) steps = scheduled::steps(default_steps);
    *schedule = new scheduled_schedule{scheduled::Schedule::parse(checked_text("spec", spec), steps)};
  });
}

void scheduled_free(scheduled_schedule* schedule) { delete schedule; }

int64_t scheduled_print(const scheduled_schedule* schedule, char* text, int64_t size) {
  return write_text([&] { return print(schedule->value); }, text, size);
}

int64_t scheduled_steps(const scheduled_schedule* schedule) { return schedule->value.steps().value_or(0); }

double scheduled_rate(const scheduled_schedule* schedule, int64_t step) { return schedule->value.lr(step); }

int scheduled_fill(const scheduled_schedule* schedule, int64_t first, double* lr, int64_t count) {
  return guarded([&] { schedule->value.fill(first, series("lr", lr, checked_count("count", count, 0))); });
}

int scheduled_best_peak(const scheduled_schedule* schedule, int64_t steps, const double* grad_norm, int64_t norms,
                        double distance, double* peak, double* bound) {
  return guarded([&] {
    std::optional<std::int64_t> T;
    if (checked_count("steps", steps, 0) > 0) T = steps;
    const auto best =
        best_base_lr(schedule->value, {.grad_norm = norm_of(grad_norm, norms), .distance = distance, .T = T});
    if (peak != nullptr) *peak = best.peak;
    if (bound != nullptr) *bound = best.bound;
  });
}

int scheduled_bound(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, double distance,
                    double* bound) {
  return on_rates(lr, steps, grad_norm, norms, [&](std::span<const double> rates, const GradNorm& norm) {
    *bound = scheduled::omega(rates, norm, distance);
  });
}

int scheduled_curve(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, double distance,
                    double tolerance, double* bound) {
  return on_rates(lr, steps, grad_norm, norms, [&](std::span<const double> rates, const GradNorm& norm) {
    scheduled::omega_curve(rates, norm, distance, series("bound", bound, rates.size()), {.tolerance = tolerance});
  });
}

int scheduled_worst_case(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, double distance,
                         double* worst_case) {
  return on_rates(lr, steps, grad_norm, norms, [&](std::span<const double> rates, const GradNorm& norm) {
    *worst_case = scheduled::worst_case(rates, norm, distance).value;
  });
}

int scheduled_stream_create(double distance, scheduled_stream** stream) {
  return guarded([&] { *stream = new scheduled_stream{scheduled::OmegaStream(distance)}; });
}

void scheduled_stream_free(scheduled_stream* stream) { delete stream; }

int scheduled_stream_copy(const scheduled_stream* stream, scheduled_stream** copy) {
  return guarded([&] { *copy = new scheduled_stream(*stream); });
}

int scheduled_stream_push(scheduled_stream* stream, double lr, double grad_norm, double* bound) {
  return guarded([&] {
    const double value = stream->value.push(lr, grad_norm);
    if (bound != nullptr) *bound = value;
  });
}

int scheduled_stream_skip(scheduled_stream* stream, int64_t count) {
  return guarded([&] {
    checked_count("count", count, 0);
    for (int64_t i = 0; i < count; ++i) stream->value.push(0.0, 0.0);
  });
}

double scheduled_stream_value(const scheduled_stream* stream) { return stream->value.value(); }

int64_t scheduled_stream_steps(const scheduled_stream* stream) { return stream->value.steps(); }

int64_t scheduled_stream_save(const scheduled_stream* stream, char* text, int64_t size) {
  return write_text([&] { return stream->value.save(); }, text, size);
}

int scheduled_stream_restore(const char* text, scheduled_stream** stream) {
  return guarded([&] { *stream = new scheduled_stream{scheduled::OmegaStream::restore(checked_text("text", text))}; });
}
