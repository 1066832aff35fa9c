// Which column of a file is which.
#include <algorithm>
#include <set>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "runlog/names.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

using Targets = std::map<const RawColumn*, std::string>;

const RawColumn* find_column(const RawTable& table, std::string_view source) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const RawColumn& column) {
    return column.source == source || column.also == source;
  });
  return found == table.columns.end() ? nullptr : &*found;
}

std::vector<std::string> sources_of(std::span<const RawTable> tables) {
  std::vector<std::string> sources;
  for (const RawTable& table : tables) {
    for (const RawColumn& column : table.columns) sources.push_back(column.source);
  }
  return sources;
}

/// The columns that the caller's options name, in the first table that has each.
Targets chosen_by(std::string_view file, const Parsed& parsed, const ReadOptions& options,
                  std::vector<std::string>& lacking) {
  Targets chosen;
  for (const auto& [wanted, target] : options.columns) {
    if (!is_standard(target)) {
      fail_value(concat({"columns ", quote(wanted)}), target, must_be_standard(target));
    }
    const RawColumn* found = nullptr;
    for (const RawTable& table : parsed.tables) {
      std::string_view name = wanted;
      if (!table.path.empty() && name.starts_with(table.path + ".")) name.remove_prefix(table.path.size() + 1);
      if (found == nullptr) found = find_column(table, name);
    }
    if (found == nullptr && parsed.may_lack_columns) continue;
    if (found == nullptr && options.is_part) {
      lacking.push_back(wanted);
      continue;
    }
    if (found == nullptr) {
      fail_at(file, 0,
              concat({"no column ", quote(wanted), ", which the options name; there are ",
                      listed(sources_of(parsed.tables))}));
    }
    chosen[found] = target;
  }
  return chosen;
}

/// The columns of `table` that are standard ones, and which.
/// In a line of a longer file what the options name is nothing else, where that column is not in the line.
Targets find_targets(std::string_view file, const RawTable& table, const Targets& chosen, const ReadOptions& options,
                     bool is_line) {
  Targets targets;
  std::set<std::string, std::less<>> taken;
  for (const RawColumn& column : table.columns) {
    const auto it = chosen.find(&column);
    if (it == chosen.end()) continue;
    if (!taken.insert(it->second).second) {
      fail_at(file, 0, concat({"the options give two columns ", quote(it->second)}));
    }
    targets[&column] = it->second;
  }
  if (is_line) {
    for (const auto& [source, standard] : options.columns) taken.insert(standard);
  }
  struct Best {
    const RawColumn* column = nullptr;
    std::size_t cost = 0;
  };
  std::map<std::string_view, Best> best;
  for (const RawColumn& column : table.columns) {
    const std::optional<UsualName> usual = usual_name(column.name(), table.path == "history.val");
    if (!usual || taken.contains(usual->standard) || targets.contains(&column)) continue;
    if (usual->rank == epoch_rank() && !counts_up(column)) continue;
    // A column that nothing was logged in serves only where there is no other.
    const std::size_t cost = usual->rank + (column.value.empty() && !is_line ? std::size_t{1} << 20 : 0);
    Best& so_far = best[usual->standard];
    if (so_far.column == nullptr || cost < so_far.cost) so_far = {&column, cost};
  }
  for (const auto& [standard, found] : best) targets[found.column] = standard;
  return targets;
}

/// Where another column with other values has a usual name of the same thing: which one counts, and how to say the
/// other.
void note_choices(const RawTable& table, const Targets& targets, const ReadOptions& options,
                  std::vector<std::string>& notes) {
  for (const auto& target : targets) {  // no structured binding: clang 14 does not let a lambda see one
    const RawColumn* const taken = target.first;
    const std::string& standard = target.second;
    const bool of_options = std::any_of(options.columns.begin(), options.columns.end(),
                                        [&](const auto& entry) { return entry.second == standard; });
    if (of_options || standard == "step" || standard == "tokens") continue;
    std::vector<std::string> others;
    for (const RawColumn& column : table.columns) {
      const std::optional<UsualName> usual = usual_name(column.name(), table.path == "history.val");
      const bool same = column.value.empty() || column.value == taken->value;
      if (usual && usual->standard == standard && !targets.contains(&column) && !same) others.push_back(column.source);
    }
    if (others.empty()) continue;
    notes.push_back(concat({standard, " is ", label(table, *taken), "; so may be ", listed(others), ": ",
                            columns_text(printable(others.front(), longest_name), standard)}));
  }
}

}  // namespace

std::vector<NamedTable> name_columns(std::string_view file, Parsed& parsed, const ReadOptions& options, RunLog& log) {
  std::vector<std::string>& notes = log.notes;
  const Targets chosen = chosen_by(file, parsed, options, log.lacking);
  std::vector<NamedTable> all;
  for (RawTable& table : parsed.tables) {
    const Targets targets = find_targets(file, table, chosen, options, parsed.is_line);
    note_choices(table, targets, options, notes);
    std::set<std::string_view> taken;
    for (const auto& [column, target] : targets) taken.insert(target);
    NamedTable named;
    named.raw = &table;
    for (RawColumn& column : table.columns) {
      const auto it = targets.find(&column);
      const bool is_target = it != targets.end();
      if (column.source.empty() && !is_target) continue;  // an index that a data frame wrote along
      const auto first = std::find_if(table.columns.begin(), table.columns.end(),
                                      [&](const RawColumn& other) { return other.source == column.source; });
      if (&*first != &column && targets.contains(&*first)) {
        fail_at(file, 0, concat({label(table, column), " appears twice"}));
      }
      if (is_target && it->second == "step") {
        named.step_column = &column;
        continue;
      }
      if (!is_target && taken.contains(column.name())) {
        if (!column.value.empty()) {
          notes.push_back(concat({label(table, column), " is left out: another column has its name"}));
        }
        continue;
      }
      const std::string& name = is_target ? it->second : column.name();
      named.columns.push_back({&column, name, is_target && it->second != "tokens"});
      taken.insert(name);
    }
    all.push_back(std::move(named));
  }
  return all;
}

}  // namespace scheduled::runlog
