// What a training log holds, and what it serves for. Part of the library scheduled::runlog.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/along.hpp"
#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {

/// A column of a log.
struct DescribedColumn {
  std::string name;         ///< "lr", or as in the source
  std::string source;       ///< what the source calls it; empty: the same, and no standard column
  std::int64_t values = 0;  ///< rows that logged it
  std::int64_t first = 0;   ///< step of the first of them
  std::int64_t last = 0;    ///< of the last
  double low = 0.0;         ///< smallest value
  double high = 0.0;        ///< largest value
};

/// Steps between which no row stands, although rows mostly come more often.
struct DescribedGap {
  std::int64_t from = 0, to = 0;
};

/// What a verb of the command (and the functions beneath it) makes of a log by itself: `cooldown` with a fitted law, as
/// the trunk.
struct LogUse {
  std::string verb;  ///< "bound", "fit", "cooldown", "extend", "refine"
  bool works = false;
  std::string needs;  ///< what is missing, and how to say it; empty where it works
};

struct LogDescription {
  std::string name;
  std::string format;  ///< of log_formats()
  std::int64_t rows = 0;
  std::int64_t first_step = 0;
  std::int64_t last_step = 0;
  std::int64_t spacing = 0;              ///< steps from a row to the next, the median; 0: a single row
  std::vector<DescribedColumn> columns;  ///< standard ones first
  std::vector<DescribedGap> gaps;        ///< more than ten times the spacing
  std::int64_t restarts = 0;
  std::int64_t left_out = 0;  ///< rows that do not count
  /// The schedule that the rates are like, whatever its distance; one step longer where that, at 0, is much nearer.
  /// After the last logged rate they go on along the shape of `tail`, where it has one.
  std::optional<NearestSpec> shape;
  bool recorded =
      false;  ///< shape is the schedule that a run's record has, or that was given; else found from the rates
  std::string no_shape;          ///< why there is none
  std::optional<RateHead> head;  ///< nothing, too, where `rates` say the warmup
  std::optional<RateTail> tail;
  std::vector<std::string> notes;
  std::vector<LogUse> uses;
};

/// `rates`: how logged rates become one per update (known_rates). Throws ArgumentError where `log` breaks the promises
/// of RunLog, has no rows, or `rates` are out of range. O(rows + updates).
LogDescription describe_log(const RunLog& log, const DenseOptions& rates = {});

/// The horizon of a spec that names none and shall give the rates of this log: its last step and one more, so that
/// `linear` is at 0 right after the last update. 1 where there are no rows.
Duration horizon_of(const RunLog& log);
/// with_rates of the schedule's rates of updates 1 ... last step; meta: "schedule". Throws ArgumentError as that.
/// O(steps).
RunLog with_rates(RunLog log, const Schedule& schedule);

/// What holding the last logged rate does to the bound.
struct TailEffect {
  RateTail tail;
  double held = 0.0;       ///< the bound at the last row, the rate held
  double continued = 0.0;  ///< the rate going on along the shape, or along the line of the last two rows
};
/// Nothing where rate_tail finds none, or bound_along gives no bound. Cost of two bound_along.
std::optional<TailEffect> tail_effect(const RunLog& log, const AlongOptions& options = {});

}  // namespace scheduled
