#include "shell/arguments.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "bound/records.hpp"
#include "shell/file.hpp"

namespace scheduled::shell {

void throw_renamed(const ArgumentError& error, const UserNames& names) {
  ArgumentError::Fields fields = error.fields();
  const auto found = names.find(fields.name);
  if (found != names.end() && found->second != fields.name) {
    fields.name = found->second;
    fields.index.reset();
  }
  if (const auto limit = names.find(fields.limit); limit != names.end()) fields.limit = limit->second;
  if (fields == error.fields()) throw;  // with its own type
  throw ArgumentError(std::move(fields));
}

void require_count(std::string_view name, std::optional<std::int64_t> value) {
  if (value && *value < 1) fail_value(name, std::to_string(*value), "must be >= 1");
}

void check_summable(std::int64_t T) {
  if (T > 1'000'000'000) fail_value("T", std::to_string(T), "must be at most 1e9 steps to be summed");
}

AskedGradNorm Argument<AskedGradNorm>::read(std::string_view name, std::string_view text) {
  using Kind = AskedGradNorm::Kind;
  const std::string said(text);
  if (text == "logged") return {said, Kind::logged};
  if (text.starts_with("t^")) {
    return {said, Kind::power, Argument<double>::read(concat({name, " exponent"}), text.substr(2))};
  }
  if (const auto number = parse_number(text)) return {said, Kind::number, *number};
  const std::string source = source_name(said);
  AskedGradNorm asked{said, Kind::series, 1.0, read_numbers(source, read_text(said))};
  if (asked.series.empty()) fail_file(source, "holds no grad norms");
  return asked;
}

GradNorms::GradNorms(const AskedGradNorm& asked, std::int64_t steps) {
  if (asked.kind == AskedGradNorm::Kind::number) value_ = asked.value;
  if (asked.kind == AskedGradNorm::Kind::power) series_ = power_grad_norm(asked.value, steps);
  if (asked.kind == AskedGradNorm::Kind::series) series_ = asked.series;
}

AskedDistance Argument<AskedDistance>::read(std::string_view name, std::string_view text) {
  if (text == "auto") return {.automatic = true};
  return {Argument<double>::read(name, text)};
}

void BoundOptions::add_to(Verb& verb, const std::vector<Criterion>& criteria, Automatic automatic) {
  verb.add("-T,--T", T, "Evaluate after this many steps (1 <= T <= horizon); default: at the horizon").type("N");
  add_settings_to(verb, criteria, automatic);
}

void BoundOptions::add_settings_to(Verb& verb, const std::vector<Criterion>& criteria, Automatic automatic) {
  verb.add("-D,--distance", distance,
           automatic == Automatic::distance ? "Distance from the start to the optimum, > 0; default auto, see below"
                                            : "Distance from the start to the optimum, > 0; default 1")
      .type("D");
  verb.add("-G,--grad-norm", grad_norm,
           "Gradient norms: a number, t^ALPHA, or a file with one value per step; default 1")
      .type("G");
  verb.then([this, automatic] {
    if (automatic == Automatic::nothing && distance && distance->automatic) {
      fail_value("distance", "auto", "must be a number");
    }
    if (automatic != Automatic::distance_and_norms && grad_norm && grad_norm->kind == AskedGradNorm::Kind::logged) {
      fail_value("grad_norm", "logged", "must be a number, t^ALPHA or a file");
    }
  });
  if (criteria.size() < 2) return;
  constexpr std::array<std::string_view, 3> meanings{"bound of the last iterate", "of the average iterate",
                                                     "exact worst case of the last iterate"};
  std::string meaning;
  std::vector<std::string_view> words;
  for (const Criterion one : criteria) {
    words.push_back(word_of(one));
    meaning += concat({meaning.empty() ? "" : "; ", word_of(one), ": ", meanings[static_cast<std::size_t>(one)]});
  }
  verb.add("--criterion", criterion, meaning).suggest(suggest_words(words));
  verb.then([this, words] {
    const std::string_view word = word_of(criterion);
    if (std::find(words.begin(), words.end(), word) == words.end()) {
      fail_value("criterion", concat({"'", word, "'"}), must_be_one_of(word, words));
    }
  });
}

void BoundOptions::add_noise_share_to(Verb& verb) {
  verb.add("--noise-share", noise_share,
           "Share of noise in the square of the grad norm at the first batch; it falls as 1/batch where the batch "
           "changes")
      .type("SHARE");
}

namespace {

/// Steps that are summed, and for which a power of t must be known.
std::int64_t longest(std::optional<std::int64_t> T, const std::vector<NamedSchedule>& schedules) {
  std::int64_t steps = T.value_or(0);
  if (!T) {
    for (const NamedSchedule& entry : schedules) steps = std::max(steps, entry.schedule.steps().value_or(0));
  }
  check_summable(steps);
  return steps;
}

}  // namespace

BoundArguments::BoundArguments(const BoundOptions& options, const std::vector<NamedSchedule>& schedules) {
  const AskedGradNorm asked = options.grad_norm_or_1();
  if (options.noise_share) {
    if (asked.kind != AskedGradNorm::Kind::number) {
      fail_value("grad_norm", asked.text, "must be a number, that of the first batch, with --noise-share");
    }
    longest(options.T, schedules);
    for (const NamedSchedule& entry : schedules) {
      grad_norms_.emplace_back(batch_grad_norm(entry.schedule, *options.noise_share, asked.value, options.T));
    }
  } else {
    grad_norms_.emplace_back(asked, longest(options.T, schedules));
  }
  for (const GradNorms& norms : grad_norms_) {
    settings_.push_back({norms.view(), options.distance_or_1(), options.T, options.criterion});
  }
}

std::string settings_text(const BoundOptions& options) {
  constexpr std::array<std::string_view, 3> names{"last-iterate bound", "average-iterate bound",
                                                  "worst case of the last iterate"};
  return concat({names[static_cast<std::size_t>(options.criterion)], ", distance ",
                 format_number(options.distance_or_1()), ", grad norm ", options.grad_norm_or_1().text,
                 options.noise_share ? concat({", noise share ", format_number(*options.noise_share)}) : ""});
}

std::string decay_names() {
  std::string names;
  for (const ScheduleHelp& help : decay_help()) names += concat({names.empty() ? "" : ", ", help.name});
  return names;
}

CooldownOptions::Added CooldownOptions::add_to(Verb& verb, const std::string& share_of) {
  Option of_length = verb.add("--cooldown", cooldown.length,
                              "Length of the cooldown: steps, tokens, examples, or a share of " + share_of);
  Option of_decay =
      verb.add("--decay", cooldown.decay, "Shape of the cooldown: " + decay_names()).suggest(suggest_decays);
  Option of_final = verb.add("--final", cooldown.final, "Rate at its end, or a share of the peak such as 10%");
  verb.then([this] { check_cooldown(cooldown); });
  return {of_length.type("LENGTH"), of_decay.type("NAME"), of_final.type("LR")};
}

void RatesFile::add_to(Verb& verb) {
  verb.add("--out", file, "Write the rates, one per line, for other verbs as @FILE").type("FILE");
  verb.then([this] {
    if (!file.empty()) check_writable(file);
  });
}

void RatesFile::write(std::span<const double> rates, std::string_view title) const {
  if (file.empty()) return;
  std::string text = concat({"# ", title, "\n"});
  for (const double rate : rates) text += format_number(rate) + "\n";
  write_file(file, text);
}

}  // namespace scheduled::shell
