// The C interface says what the C++ one says, and every failure is a code with the error's fields.
#include "scheduled/scheduled.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "scheduled/scheduled.hpp"

namespace scheduled {
namespace {

constexpr const char* spec = "wsd(steps=401, peak=0.02, cooldown=20%, decay=1-sqrt)";

struct Freed {
  scheduled_schedule* schedule = nullptr;
  scheduled_stream* stream = nullptr;
  Freed() = default;
  Freed(const Freed&) = delete;
  Freed& operator=(const Freed&) = delete;
  ~Freed() {
    scheduled_free(schedule);
    scheduled_stream_free(stream);
  }
};

std::string print_of(const scheduled_schedule* schedule) {
  std::string text(static_cast<std::size_t>(scheduled_print(schedule, nullptr, 0)) + 1, '#');
  scheduled_print(schedule, text.data(), static_cast<int64_t>(text.size()));
  EXPECT_EQ(text.back(), '\0');
  text.pop_back();
  return text;
}

/// Fields of the last error; message, name, value, requirement.
void expect_error(int code, int expected, const std::string& message, const std::string& name, int64_t index = -1) {
  EXPECT_EQ(code, expected);
  const scheduled_error* error = scheduled_last_error();
  EXPECT_EQ(error->code, expected);
  EXPECT_EQ(error->message, message);
  EXPECT_EQ(error->name, name);
  EXPECT_EQ(error->index, index);
}

TEST(CInterface, VersionAndNoErrorAtFirst) {
  EXPECT_EQ(scheduled_version(), std::string(version()));
  std::thread([] {
    const scheduled_error* error = scheduled_last_error();
    EXPECT_EQ(error->code, SCHEDULED_OK);
    for (const char* text : {error->message, error->name, error->value, error->requirement, error->source}) {
      EXPECT_STREQ(text, "");
    }
  }).join();
}

TEST(CInterface, SchedulesAreThoseOfCpp) {
  Freed c;
  ASSERT_EQ(scheduled_parse(spec, 0, &c.schedule), SCHEDULED_OK);
  const Schedule schedule = Schedule::parse(spec);
  EXPECT_EQ(print_of(c.schedule), print(schedule));
  EXPECT_EQ(scheduled_steps(c.schedule), 401);
  for (const int64_t step : {-1, 0, 300, 321, 400, 1000})
    EXPECT_EQ(scheduled_rate(c.schedule, step), schedule.lr(step));
  std::vector<double> lr(100);
  EXPECT_EQ(scheduled_fill(c.schedule, 301, lr.data(), 100), SCHEDULED_OK);
  for (std::size_t k = 0; k < lr.size(); ++k) EXPECT_EQ(lr[k], schedule.lr(301 + static_cast<int64_t>(k)));
  EXPECT_EQ(scheduled_fill(c.schedule, 0, nullptr, 0), SCHEDULED_OK);
}

TEST(CInterface, HorizonsAreOptional) {
  Freed without;
  ASSERT_EQ(scheduled_parse("rsqrt(warmup=10)", 0, &without.schedule), SCHEDULED_OK);
  EXPECT_EQ(scheduled_steps(without.schedule), 0);
  Freed with;
  ASSERT_EQ(scheduled_parse("wsd", 401, &with.schedule), SCHEDULED_OK);
  EXPECT_EQ(scheduled_steps(with.schedule), 401);
  scheduled_free(nullptr);
}

TEST(CInterface, TextsAreCutOffAsBySnprintf) {
  Freed c;
  ASSERT_EQ(scheduled_parse("constant(steps=7)", 0, &c.schedule), SCHEDULED_OK);
  std::string text(9, '#');
  EXPECT_EQ(scheduled_print(c.schedule, text.data(), 8), static_cast<int64_t>(print_of(c.schedule).size()));
  EXPECT_EQ(text, std::string("constan\0#", 9));
  EXPECT_EQ(scheduled_print(c.schedule, nullptr, 5), -1);
  expect_error(scheduled_last_error()->code, SCHEDULED_BAD_ARGUMENT, "text: must not be NULL", "text");
}

TEST(CInterface, BoundsAreThoseOfCpp) {
  const std::vector<double> lr = Schedule::parse(spec).values(400);
  const std::vector<double> norms = power_grad_norm(-0.3, 400);
  const auto steps = static_cast<int64_t>(lr.size());
  double value = 0.0;
  EXPECT_EQ(scheduled_bound(lr.data(), steps, nullptr, 0, 2.0, &value), SCHEDULED_OK);
  EXPECT_EQ(value, omega(lr, 1.0, 2.0));
  const double one = 3.0;
  EXPECT_EQ(scheduled_bound(lr.data(), steps, &one, 1, 2.0, &value), SCHEDULED_OK);
  EXPECT_EQ(value, omega(lr, 3.0, 2.0));
  EXPECT_EQ(scheduled_bound(lr.data(), steps, norms.data(), steps, 2.0, &value), SCHEDULED_OK);
  EXPECT_EQ(value, omega(lr, norms, 2.0));
  EXPECT_EQ(scheduled_worst_case(lr.data(), steps, norms.data(), steps, 2.0, &value), SCHEDULED_OK);
  EXPECT_EQ(value, worst_case(lr, norms, 2.0).value);
  std::vector<double> curve(lr.size());
  std::vector<double> expected(lr.size());
  EXPECT_EQ(scheduled_curve(lr.data(), steps, norms.data(), steps, 2.0, 1e-9, curve.data()), SCHEDULED_OK);
  omega_curve(lr, norms, 2.0, expected, {.tolerance = 1e-9});
  EXPECT_EQ(curve, expected);

  Freed c;
  ASSERT_EQ(scheduled_parse(spec, 0, &c.schedule), SCHEDULED_OK);
  double peak = 0.0;
  EXPECT_EQ(scheduled_best_peak(c.schedule, 400, norms.data(), steps, 2.0, &peak, &value), SCHEDULED_OK);
  const BestBaseLr best = best_base_lr(Schedule::parse(spec), {.grad_norm = norms, .distance = 2.0, .T = 400});
  EXPECT_EQ(peak, best.peak);
  EXPECT_EQ(value, best.bound);
  EXPECT_EQ(scheduled_best_peak(c.schedule, 0, nullptr, 0, 1.0, nullptr, &value), SCHEDULED_OK);
  EXPECT_EQ(value, best_base_lr(Schedule::parse(spec)).bound);
}

TEST(CInterface, StreamsAreThoseOfCpp) {
  Freed c;
  ASSERT_EQ(scheduled_stream_create(1.5, &c.stream), SCHEDULED_OK);
  EXPECT_EQ(scheduled_stream_value(c.stream), std::numeric_limits<double>::infinity());
  OmegaStream stream(1.5);
  double bound = 0.0;
  for (int i = 0; i < 300; ++i) {
    const double lr = 0.1 / (1 + i);
    ASSERT_EQ(scheduled_stream_push(c.stream, lr, 2.0, &bound), SCHEDULED_OK);
    ASSERT_EQ(bound, stream.push(lr, 2.0));
  }
  ASSERT_EQ(scheduled_stream_skip(c.stream, 3), SCHEDULED_OK);
  EXPECT_EQ(scheduled_stream_steps(c.stream), 303);
  EXPECT_EQ(scheduled_stream_value(c.stream), stream.value());

  Freed branch;
  ASSERT_EQ(scheduled_stream_copy(c.stream, &branch.stream), SCHEDULED_OK);
  std::string text(static_cast<std::size_t>(scheduled_stream_save(c.stream, nullptr, 0)) + 1, '#');
  scheduled_stream_save(c.stream, text.data(), static_cast<int64_t>(text.size()));
  Freed restored;
  ASSERT_EQ(scheduled_stream_restore(text.c_str(), &restored.stream), SCHEDULED_OK);
  ASSERT_EQ(scheduled_stream_push(c.stream, 0.3, 1.0, &bound), SCHEDULED_OK);
  for (scheduled_stream* other : {branch.stream, restored.stream}) {
    EXPECT_EQ(scheduled_stream_steps(other), 303);
    double value = 0.0;
    EXPECT_EQ(scheduled_stream_push(other, 0.3, 1.0, &value), SCHEDULED_OK);
    EXPECT_EQ(value, bound);
  }
}

TEST(CInterface, ErrorsHaveFields) {
  std::vector<double> lr(20, 0.1);
  lr[17] = -1.0;
  double value = 7.0;
  const int code = scheduled_bound(lr.data(), 20, nullptr, 0, 1.0, &value);
  expect_error(code, SCHEDULED_BAD_ARGUMENT, "lr[17] = -1: must be finite and >= 0", "lr", 17);
  EXPECT_STREQ(scheduled_last_error()->value, "-1");
  EXPECT_STREQ(scheduled_last_error()->requirement, "must be finite and >= 0");
  EXPECT_EQ(value, 7.0);  // results are set on success only

  scheduled_schedule* schedule = nullptr;
  EXPECT_EQ(scheduled_parse("cosine(steps=0)", 0, &schedule), SCHEDULED_BAD_ARGUMENT);
  EXPECT_NE(std::string(scheduled_last_error()->message).find("steps = 0"), std::string::npos);
  EXPECT_EQ(schedule, nullptr);
  expect_error(scheduled_parse(nullptr, 0, &schedule), SCHEDULED_BAD_ARGUMENT, "spec: must not be NULL", "spec");
  expect_error(scheduled_parse("wsd", -1, &schedule), SCHEDULED_BAD_ARGUMENT, "default_steps = -1: must be at least 0",
               "default_steps");
  expect_error(scheduled_bound(lr.data(), 0, nullptr, 0, 1.0, &value), SCHEDULED_BAD_ARGUMENT,
               "steps = 0: must be at least 1", "steps");
  expect_error(scheduled_bound(nullptr, 2, nullptr, 0, 1.0, &value), SCHEDULED_BAD_ARGUMENT, "lr: must not be NULL",
               "lr");
  expect_error(scheduled_bound(lr.data(), 2, nullptr, 2, 1.0, &value), SCHEDULED_BAD_ARGUMENT,
               "grad_norm: must not be NULL", "grad_norm");
  expect_error(scheduled_bound(lr.data(), 2, nullptr, 0, 0.0, &value), SCHEDULED_BAD_ARGUMENT,
               "distance = 0: must be finite and > 0", "distance");
  EXPECT_EQ(scheduled_curve(lr.data(), 2, nullptr, 0, 1.0, 1.0, &value), SCHEDULED_BAD_ARGUMENT);

  Freed c;
  ASSERT_EQ(scheduled_stream_create(1.0, &c.stream), SCHEDULED_OK);
  EXPECT_EQ(scheduled_stream_push(c.stream, -1.0, 1.0, &value), SCHEDULED_BAD_ARGUMENT);
  EXPECT_EQ(scheduled_stream_steps(c.stream), 0);
  EXPECT_EQ(scheduled_stream_skip(c.stream, -1), SCHEDULED_BAD_ARGUMENT);
  scheduled_stream* stream = nullptr;
  EXPECT_EQ(scheduled_stream_create(0.0, &stream), SCHEDULED_BAD_ARGUMENT);
  EXPECT_EQ(scheduled_stream_restore("{}", &stream), SCHEDULED_BAD_ARGUMENT);
  EXPECT_EQ(stream, nullptr);
}

TEST(CInterface, ErrorsBelongToTheirThread) {
  scheduled_schedule* schedule = nullptr;
  scheduled_parse(nullptr, 0, &schedule);
  const std::string here = scheduled_last_error()->message;
  std::thread([&] { EXPECT_EQ(scheduled_parse("wsd", -5, &schedule), SCHEDULED_BAD_ARGUMENT); }).join();
  EXPECT_EQ(scheduled_last_error()->message, here);
}

TEST(CInterface, AllocationsThatCannotBeAreReported) {
  Freed c;
  ASSERT_EQ(scheduled_parse("constant", 0, &c.schedule), SCHEDULED_OK);
  // 2^62 rates are no series that fits into memory.
  EXPECT_NE(scheduled_best_peak(c.schedule, int64_t{1} << 62, nullptr, 0, 1.0, nullptr, nullptr), SCHEDULED_OK);
  EXPECT_NE(scheduled_last_error()->message, std::string());
}

}  // namespace
}  // namespace scheduled
