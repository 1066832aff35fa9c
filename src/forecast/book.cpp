#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/numbers.hpp"
#include "forecast/lines.hpp"
#include "forecast/records.hpp"

namespace scheduled {
namespace forecast {

std::string sealed_line(const std::string& before, std::string_view kind, const Json& said) {
  Json line = Json::object({{std::string(kind), said}});
  line.add("seal", sha256(before + "\n" + line.dump()));
  return line.dump();
}

void check_time(std::string_view name, std::string_view time) {
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  bool good = time.size() == form.size();
  for (std::size_t k = 0; good && k < form.size(); ++k) {
    good = form[k] == '0' ? time[k] >= '0' && time[k] <= '9' : time[k] == form[k];
  }
  const auto part = [&](std::size_t from, std::size_t count) {
    int value = 0;
    for (const char digit : time.substr(from, count)) value = 10 * value + (digit - '0');
    return value;
  };
  good =
      good &&
      std::chrono::year_month_day(std::chrono::year(part(0, 4)), std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                  std::chrono::day(static_cast<unsigned>(part(8, 2))))
          .ok() &&
      part(11, 2) < 24 && part(14, 2) < 60 && part(17, 2) <= 60;  // leap seconds
  if (!good) fail_value(name, concat({"'", time, "'"}), "must be UTC as 2026-11-27T09:00:00Z");
}

void check_forecast(const Forecast& forecast) {
  if (forecast.run.empty()) fail_argument("run", "must have a name");
  if (forecast.step < 1 || forecast.step > largest_count) {
    fail_value("step", std::to_string(forecast.step), "must be at least 1 and at most 2^53");
  }
  const Predicted& p = forecast.loss;
  if (!std::isfinite(p.loss)) fail_value("loss", p.loss, "must be finite");
  if (!(std::isfinite(p.lower) && std::isfinite(p.upper))) {
    fail_value("loss", p.loss,
               "must have an interval, and the losses that the law was fitted to tell none; fit more of them");
  }
  if (!(p.lower <= p.loss && p.loss <= p.upper)) fail_value("loss", p.loss, "must lie within its interval");
  check_time("time", forecast.time);
}

void check_score(const ForecastScore& score) {
  if (!std::isfinite(score.loss)) fail_value("loss", score.loss, "must be finite");
  check_time("time", score.time);
}

namespace {

/// The members of a record's JSON: each once, none else.
class Members {
 public:
  Members(std::string_view name, const Json& json) : name_(name), json_(json) {
    if (!json.is_object()) fail_argument(name, "must be an object");
  }

  const Json& at(std::string_view key) {
    const Json* const found = json_.find(key);
    if (found == nullptr) fail_argument(concat({name_, ".", key}), "is missing");
    ++taken_;
    return *found;
  }
  std::string text(std::string_view key) {
    const Json& value = at(key);
    if (!value.is_text()) fail_argument(concat({name_, ".", key}), "must be a text");
    return value.text();
  }
  double number(std::string_view key) {
    const Json& value = at(key);
    if (!value.is_number()) fail_argument(concat({name_, ".", key}), "must be a number");
    return value.number();
  }
  std::int64_t whole(std::string_view key) {
    const Json& value = at(key);
    if (!value.is_whole()) fail_argument(concat({name_, ".", key}), "must be a whole number");
    return value.whole();
  }
  std::map<std::string, std::string> texts(std::string_view key) {
    const Json& value = at(key);
    std::map<std::string, std::string> all;
    if (!value.is_object()) fail_argument(concat({name_, ".", key}), "must be an object");
    for (const auto& [file, hash] : value.members()) {
      if (!hash.is_text()) fail_argument(concat({name_, ".", key, ".", file}), "must be a text");
      all[file] = hash.text();
    }
    return all;
  }
  /// Throws where there is more than what was asked for.
  void end() const {
    if (json_.members().size() != taken_) fail_argument(name_, "has keys that are not known");
  }

 private:
  std::string_view name_;
  const Json& json_;
  std::size_t taken_ = 0;
};

Forecast read_forecast(const Json& json) {
  Members members("forecast", json);
  Forecast read;
  read.run = members.text("run");
  read.schedule = members.text("schedule");
  read.step = members.whole("step");
  Members loss("loss", members.at("loss"));
  read.loss = {loss.number("loss"), loss.number("lower"), loss.number("upper")};
  loss.end();
  read.column = members.text("column");
  read.result = members.text("result");
  read.law = members.text("law");
  read.law_hash = members.text("law_hash");
  read.data = members.texts("data");
  if (json.contains("how")) read.how = members.texts("how");  // not in books of before
  read.time = members.text("time");
  read.note = members.text("note");
  members.end();
  check_forecast(read);
  return read;
}

ForecastScore read_score(const Json& json) {
  Members members("score", json);
  ForecastScore read;
  read.run = members.text("run");
  read.seal = members.text("seal");
  read.loss = members.number("loss");
  read.data = members.texts("data");
  read.time = members.text("time");
  members.end();
  check_score(read);
  return read;
}

}  // namespace

SealedForecast& forecast_of(ForecastBook& book, const std::string& run) {
  for (SealedForecast& sealed : book.forecasts) {
    if (sealed.forecast.run == run) return sealed;
  }
  std::string known;
  for (const SealedForecast& sealed : book.forecasts) known += (known.empty() ? "" : ", ") + sealed.forecast.run;
  fail_value("run", concat({"'", run, "'"}),
             known.empty() ? std::string("has no forecast: the book is empty")
                           : concat({"has no forecast; there are: ", known}));
}

namespace {

void add_forecast(ForecastBook& book, const Forecast& forecast, const std::string& seal) {
  const bool taken = std::any_of(book.forecasts.begin(), book.forecasts.end(),
                                 [&](const SealedForecast& other) { return other.forecast.run == forecast.run; });
  if (taken)
    fail_value("run", concat({"'", forecast.run, "'"}), "has a forecast already, which stays; take another name");
  book.forecasts.push_back({forecast, seal, {}});
  book.seals.push_back(seal);
}

void add_score(ForecastBook& book, const ForecastScore& score, const std::string& seal) {
  SealedForecast& sealed = forecast_of(book, score.run);
  if (sealed.score) {
    fail_value("run", concat({"'", score.run, "'"}),
               concat({"has a result already, ", format_number(sealed.score->loss), ", which stays"}));
  }
  if (score.seal != sealed.seal) fail_value("seal", score.seal, "is not that of the run's forecast");
  if (score.time < sealed.forecast.time) {  // both are digits of one form
    fail_value("time", concat({"'", score.time, "'"}), concat({"is before the forecast, ", sealed.forecast.time}));
  }
  sealed.score = score;
  book.seals.push_back(seal);
}

}  // namespace

void take_line(ForecastBook& book, std::string_view text) {
  const Json line = Json::parse(text);
  const Json* const seal = line.find("seal");
  const Json* const forecast = line.find("forecast");
  const Json* const score = line.find("score");
  if (seal == nullptr || !seal->is_text() || line.members().size() != 2 || (forecast == nullptr && score == nullptr)) {
    fail({"is no line of a book of forecasts: {\"forecast\": ..., \"seal\": ...}"});
  }
  const std::string wanted =
      forecast != nullptr ? sealed_line(book.last(), "forecast", *forecast) : sealed_line(book.last(), "score", *score);
  if (wanted != text) {
    fail({"its seal does not fit: this line or one before it was changed, taken out or put in after it was sealed"});
  }
  if (forecast != nullptr) {
    add_forecast(book, read_forecast(*forecast), seal->text());
  } else {
    add_score(book, read_score(*score), seal->text());
  }
}

}  // namespace forecast

std::optional<double> SealedForecast::error() const {
  return score ? std::optional(forecast.loss.loss - score->loss) : std::nullopt;
}

std::optional<bool> SealedForecast::held() const {
  if (!score) return std::nullopt;
  return forecast.loss.lower <= score->loss && score->loss <= forecast.loss.upper;
}

std::string ForecastBook::last() const { return seals.empty() ? std::string(64, '0') : seals.back(); }

namespace {

/// The beginning of a line, as a crash leaves it. Not a line without its line break, which an editor may take away, and
/// no other file.
bool is_half_line(std::string_view text) {
  const auto begins_as = [&](std::string_view kind) {
    return text.substr(0, kind.size()) == kind.substr(0, text.size());
  };
  if (!begins_as(R"({"forecast":)") && !begins_as(R"({"score":)")) return false;
  try {
    static_cast<void>(Json::parse(text));
    return false;
  } catch (const ArgumentError&) {
    return true;
  }
}

}  // namespace

ForecastBook parse_forecasts(std::string_view name, std::string_view text) {
  ForecastBook book;
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && is_half_line(text)) break;
    try {
      forecast::take_line(book, text.substr(0, end));
    } catch (const ArgumentError& error) {
      throw error.at(Place{std::string(name), number});
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return book;
}

}  // namespace scheduled
