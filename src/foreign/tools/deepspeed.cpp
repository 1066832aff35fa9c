// DeepSpeed: the scheduler takes its first step after the first update, so that all rates come one update late, and the
// first update has the lowest one.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/words.hpp"
#include "foreign/tool.hpp"

namespace scheduled::foreign {
namespace {

constexpr std::array deepspeed_keys{
    ForeignKey{"scheduler.type", "", "the shape", true},
    ForeignKey{"scheduler.params.warmup_min_lr", "0.0", "lowest rate of the warmup", true},
    ForeignKey{"scheduler.params.warmup_max_lr", "0.001", "the peak", true},
    ForeignKey{"scheduler.params.warmup_num_steps", "1000", "steps of the warmup", true},
    ForeignKey{"scheduler.params.warmup_type", "log", "curve of the warmup", true},
    ForeignKey{"scheduler.params.total_num_steps", "", "the updates", true},
    ForeignKey{"scheduler.params.warmup_min_ratio", "0.0", "lowest rate of the warmup as a share of the peak", true},
    ForeignKey{"scheduler.params.cos_min_ratio", "0.0001", "last rate as a share of the peak", true},
    ForeignKey{"scheduler.params.last_batch_iteration", "-1", "where a run goes on"},
    ForeignKey{"optimizer.params.lr", "", "the peak of WarmupCosineLR", true},
};

std::string of(std::string_view key) { return concat({"scheduler.params.", key}); }

/// A peak and numbers of steps may be "auto", which the Trainer of Hugging Face fills in.
void refuse_auto(Values& values, const std::string& key) {
  const Json* const value = values.raw(key);
  if (value != nullptr && value->is_text() && value->text() == "auto") {
    values.fail(key, "is filled in by the program that calls DeepSpeed; import the configuration of that one");
  }
}

Schedule read_deepspeed(Values& values) {
  constexpr std::array<std::string_view, 3> types{"WarmupLR", "WarmupDecayLR", "WarmupCosineLR"};
  if (!values.has("scheduler.type")) {
    values.fail("scheduler.type", "is missing: without it the program that calls DeepSpeed says the schedule");
  }
  const std::string type = values.word("scheduler.type");
  if (std::find(types.begin(), types.end(), type) == types.end()) {
    values.fail("scheduler.type",
                type == "OneCycle" || type == "LRRangeTest" ? "is not translated" : must_be_one_of(type, types));
  }
  const bool cosine = type == "WarmupCosineLR";
  const bool decays = type != "WarmupLR";
  for (const std::string_view key : {"warmup_min_lr", "warmup_num_steps", "total_num_steps"})
    refuse_auto(values, of(key));
  if (!cosine) refuse_auto(values, of("warmup_max_lr"));
  Course course;
  if (cosine) refuse_auto(values, "optimizer.params.lr");
  course.peak = values.positive(cosine ? "optimizer.params.lr" : of("warmup_max_lr"));
  const std::int64_t given = values.count(of("warmup_num_steps"));
  if (given < 1) values.fail(of("warmup_num_steps"), "must be 1 or more");
  const std::int64_t warmup = std::max<std::int64_t>(given, 2);
  if (given == 1) values.differs("warmup_num_steps = 1: DeepSpeed makes that 2");
  const std::string curve = values.word(of("warmup_type"));
  constexpr std::array<std::string_view, 2> curves{"log", "linear"};
  if (std::find(curves.begin(), curves.end(), curve) == curves.end())
    values.fail(of("warmup_type"), must_be_one_of(curve, curves));
  double low = 0.0;
  if (cosine) {
    low = values.share(of("warmup_min_ratio")) * course.peak;
  } else {
    low = values.non_negative(of("warmup_min_lr"));
  }
  if (low > course.peak) values.fail_above_peak(of("warmup_min_lr"), course.peak);
  std::optional<std::int64_t> total = values.updates_if(of("total_num_steps"));
  if (decays && values.has(of("total_num_steps"))) total = values.count(of("total_num_steps"));
  if (decays && !total) total = values.updates(of("total_num_steps"));
  const std::optional<std::int64_t> updates = values.updates_if(of("total_num_steps"));
  values.differs(
      "DeepSpeed's scheduler is one update late: update 0 has the lowest rate, update i the rate of its step i - 1");

  course.warmup = warmup + 1;
  course.warmup_keys = "warmup_delay=1";
  course.start = absolute_lr(low);
  const bool log = curve == "log";
  const double last = cosine ? values.share(of("cos_min_ratio")) * course.peak : 0.0;
  // The log's peak comes with step W - 1, the linear one's with step W.
  if (log) course.warmup_keys += ", warmup_curve=log";
  if (log && low > 0.0) course.warmup = warmup;
  if (log && low == 0.0) course.start.reset();
  if (!decays) return constant_of(course, updates);
  // WarmupCosineLR has left the peak at its step W, and has the rate 0 at update 0 whatever its warmup_min_ratio is.
  const bool late = cosine && low > 0.0;
  if (late || *total <= warmup || (cosine && !log)) {
    return table_of(values, *updates, [&](std::int64_t i) {
      const std::int64_t k = i - 1;
      if (k < 0) return cosine ? 0.0 : low;
      const auto step = static_cast<double>(k);
      const auto rise = static_cast<double>(warmup);
      if (k < warmup) return low + (course.peak - low) * (log ? std::log(step + 1.0) / std::log(rise) : step / rise);
      const auto end = static_cast<double>(*total);
      if (!cosine) return low + (course.peak - low) * std::max(0.0, (end - step) / std::max(1.0, end - rise));
      return last + (course.peak - last) * cosine_at(std::min(1.0, (step - rise + 1.0) / std::max(1.0, end - rise)));
    });
  }
  course.updates = *updates;
  course.decay = cosine ? "cosine" : "linear";
  course.last = absolute_lr(cosine ? last : low);
  course.begin = cosine ? warmup : warmup + 1;
  course.end = cosine ? *total : *total + 1;
  return schedule_of(course);
}

/// Its WarmupCosineLR, which has left the peak where a log warmup from 0 arrives.
Written write_deepspeed_cosine(const Outline& outline) {
  if (outline.warmup_curve != "log" || outline.start.value_or(0.0) > 0.0 || outline.begin + 1 != outline.warmup)
    cannot("has a cosine right after a log warmup from 0 only");
  Written written{.form = "JSON", .settings = {}, .updates = outline.updates()};
  written.add("scheduler.type", std::string("WarmupCosineLR"));
  written.add(of("total_num_steps"), outline.end);
  written.add(of("warmup_num_steps"), outline.warmup - 1);
  written.add(of("cos_min_ratio"), outline.last_share);
  written.add("optimizer.params.lr", outline.peak);
  return written;
}

Written write_deepspeed(const Outline& outline) {
  if (outline.steps || !outline.flat) needs_course(outline, {});
  needs_decay(outline, {"linear", "cosine"});
  const bool still = outline.warmup == 0;  // a warmup from the peak to the peak
  if (still && !outline.decay.empty()) cannot("has a warmup of two steps or more before every decay");
  if (!still && outline.delay != 1) cannot("is one update late, and the schedule is not (warmup_delay=1)");
  const bool log = outline.warmup_curve == "log";
  if (!still && !log && outline.warmup_curve != "linear") cannot("has linear and log warmups");
  if (outline.decay == "cosine") return write_deepspeed_cosine(outline);
  Written written{.form = "JSON", .settings = {}};
  const std::int64_t warmup = log && outline.start.value_or(0.0) > 0.0 ? outline.warmup : outline.warmup - 1;
  written.add("scheduler.type", std::string(outline.decay.empty() ? "WarmupLR" : "WarmupDecayLR"));
  written.add(of("warmup_min_lr"), still ? outline.peak : outline.start.value_or(0.0));
  written.add(of("warmup_max_lr"), outline.peak);
  written.add(of("warmup_num_steps"), still ? 2 : warmup);
  written.add(of("warmup_type"), outline.warmup_curve);
  if (outline.steps) written.updates = outline.updates();
  // Ours arrives one step after the last of theirs.
  if (!outline.decay.empty()) written.add(of("total_num_steps"), outline.end - 1);
  return written;
}

}  // namespace

const Tool deepspeed{
    {"deepspeed", "DeepSpeed", "JSON", deepspeed_keys},
    read_deepspeed,
    write_deepspeed,
    "import numpy as np, torch\n"
    "rates = np.load(\"TABLE\")\n"
    "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: rates[min(i, len(rates) - 1)] / PEAK)\n"
    "# for deepspeed.initialize(lr_scheduler=scheduler); the optimizer with lr=PEAK\n"};

}  // namespace scheduled::foreign
