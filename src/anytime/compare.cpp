// Two lines side by side: what is recorded of them, and their losses.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <system_error>

#include "anytime/history.hpp"
#include "anytime/state.hpp"
#include "anytime/text.hpp"
#include "base/error.hpp"

namespace scheduled {
namespace {

/// Updates that two lines of one run share.
std::int64_t common_updates(const RunRecord& record, std::string_view a, std::string_view b) {
  const auto spans_a = anytime::history(record, a);
  const auto spans_b = anytime::history(record, b);
  std::int64_t common = 0;
  auto other = spans_b.rbegin();  // oldest first
  for (auto span = spans_a.rbegin(); span != spans_a.rend() && other != spans_b.rend(); ++span, ++other) {
    if (span->session != other->session) break;
    common = std::min(span->end, other->end);
    if (span->end != other->end) break;
  }
  return std::min({common, record.line(a).step, record.line(b).step});
}

std::string count_text(std::optional<std::int64_t> count) { return count ? std::to_string(*count) : std::string(); }

/// The last value of a column: "2.31 at 54000".
std::string last_text(const RunLog& log, const std::string& column) {
  const std::vector<double>& values = log.at(column);
  for (std::size_t k = values.size(); k > 0; --k) {
    if (!std::isnan(values[k - 1]))
      return concat({format_number(values[k - 1]), " at ", std::to_string(log.step[k - 1])});
  }
  return {};
}

bool is_loss(const std::string& column) { return column.find("loss") != std::string::npos; }

/// One line, as the facts say it.
struct Side {
  Side(const RunStore& store, const std::string& name)
      : record(store.record()), line(record.line(name)), log(store.log_of(name)) {
    const std::int64_t last = std::max(line.start, line.step - 1);
    reads = record.data_at(name, last);
    for (const RecordedSession& session : record.sessions) {
      if (session.id == line.session) code = session.code_version;
    }
  }

  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  RunRecord record;
  const RecordedLine& line;
  RunLog log;
  RecordedData reads;
  std::string code;

  std::string parent() const {
    return line.parent.empty() ? std::string() : concat({line.parent, " at ", std::to_string(line.start)});
  }
  std::string where() const {
    std::string text = std::to_string(line.step);
    if (line.end) text += " of " + std::to_string(*line.end);
    return text;
  }
  std::string merged() const {
    std::string text;
    for (const MergedCheckpoint& merged : line.merged) {
      const RecordedCheckpoint* const of = anytime::find_checkpoint(record, merged.checkpoint);
      text += concat({text.empty() ? "" : ", ", of == nullptr ? "?" : std::to_string(of->step), ": ",
                      anytime::four_digits(merged.weight)});
    }
    return text;
  }
  /// A merge makes no update.
  std::string first_lr() const {
    return line.merged.empty() ? format_number(line.schedule.lr(line.start)) : std::string();
  }
  std::string last_lr() const { return line.end ? format_number(line.schedule.lr(*line.end - 1)) : std::string(); }
};

std::vector<LineFact> facts_of(const Side& a, const Side& b) {
  std::vector<LineFact> facts{
      {"parent", a.parent(), b.parent()},
      {"merged", a.merged(), b.merged()},
      {"schedule", print(a.line.schedule), print(b.line.schedule)},
      {"first lr", a.first_lr(), b.first_lr()},
      {"last lr", a.last_lr(), b.last_lr()},
      {"step", a.where(), b.where()},
      {"data", a.reads.text, b.reads.text},
      {"batch", count_text(a.reads.batch), count_text(b.reads.batch)},
      {"sequence", count_text(a.reads.sequence), count_text(b.reads.sequence)},
      {"code", a.code, b.code},
      {"note", a.line.note, b.line.note},
  };
  std::map<std::string, LineFact> last;
  for (const Side* const side : {&a, &b}) {
    for (const auto& [column, values] : side->log.column) {
      if (!is_loss(column)) continue;
      LineFact& fact = last.try_emplace(column, LineFact{"last " + column, {}, {}}).first->second;
      (side == &a ? fact.a : fact.b) = last_text(side->log, column);
    }
  }
  for (auto& [column, fact] : last) facts.push_back(std::move(fact));
  return facts;
}

/// Up to `rows` steps after `common` at which both logged the column.
void add_losses(const RunLog& a, const RunLog& b, const std::string& column, std::int64_t common, std::size_t rows,
                std::vector<LineLoss>& out) {
  std::vector<LineLoss> both;
  std::size_t k = 0;
  for (std::size_t j = 0; j < a.rows(); ++j) {
    while (k < b.rows() && b.step[k] < a.step[j]) ++k;
    if (k == b.rows()) break;
    if (b.step[k] != a.step[j] || a.step[j] <= common) continue;
    const double of_a = a.at(column)[j];
    const double of_b = b.at(column)[k];
    if (!std::isnan(of_a) && !std::isnan(of_b)) both.push_back({column, a.step[j], of_a, of_b});
  }
  const std::size_t count = std::min(rows, both.size());
  for (std::size_t n = 1; n <= count; ++n) out.push_back(both[n * both.size() / count - 1]);
}

}  // namespace

LineDiff diff_lines(const RunStore& a, const std::string& line_a, const RunStore& b, const std::string& line_b,
                    int rows) {
  if (rows < 1) fail_value("rows", std::to_string(rows), "must be at least 1");
  const Side of_a(a, line_a);
  const Side of_b(b, line_b);
  LineDiff diff{.a = of_a.log.name, .b = of_b.log.name};
  std::error_code error;  // one folder may have two names
  if (std::filesystem::equivalent(of_a.record.folder, of_b.record.folder, error))
    diff.common = common_updates(of_a.record, line_a, line_b);
  diff.facts = facts_of(of_a, of_b);
  for (const auto& [column, values] : of_a.log.column) {
    if (!is_loss(column) || !of_b.log.has(column)) continue;
    add_losses(of_a.log, of_b.log, column, diff.common.value_or(0), static_cast<std::size_t>(rows), diff.losses);
  }
  return diff;
}

}  // namespace scheduled
