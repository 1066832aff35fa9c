// The descriptions of forecasts (base/record.hpp).
#pragma once

#include "design/lr_sweep_records.hpp"
#include "law/records.hpp"
#include "scheduled/forecast.hpp"

namespace scheduled {

template <>
struct Record<Forecast> {
  using X = Forecast;
  static constexpr std::string_view name = "Forecast";
  static constexpr std::string_view meaning = "A prediction of one loss";
  static constexpr FieldList fields{
      Field{"run", &X::run, "", "What the run is called"},
      Field{"schedule", &X::schedule, "", "All its rates"},
      Field{"step", &X::step, "steps", "The update after which the loss is predicted"},
      Field{"loss", &X::loss, "", "The prediction"},
      Field{"column", &X::column, "", "Which loss it is"},
      Field{"result", &X::result, "", "The log in which it will stand"},
      Field{"law", &X::law, "", "The law's name"},
      Field{"law_hash", &X::law_hash, "", "SHA-256 of the fitted law's text"},
      Field{"data", &X::data, "", "What the law was fitted to: files and their SHA-256"},
      Field{"how", &X::how, "", "How it was fitted: options, runs, version; none in books of before"},
      Field{"time", &X::time, "", "When it was made, UTC"},
      Field{"note", &X::note, "", "What else was to be said"}};
};

template <>
struct Record<ForecastScore> {
  using X = ForecastScore;
  static constexpr std::string_view name = "ForecastScore";
  static constexpr std::string_view meaning = "What a run came to";
  static constexpr FieldList fields{Field{"run", &X::run, "", "The run"},
                                    Field{"seal", &X::seal, "", "Of its forecast"},
                                    Field{"loss", &X::loss, "nats", "The real loss"},
                                    Field{"data", &X::data, "", "Where it is from: files and their SHA-256"},
                                    Field{"time", &X::time, "", "When it was written down, UTC"}};
};

namespace forecast {

/// Lines of a book, as sealed_line makes them.
struct ForecastLine {
  Forecast forecast;
  std::string seal;
};
struct ScoreLine {
  ForecastScore score;
  std::string seal;
};

}  // namespace forecast

template <>
struct Record<forecast::ForecastLine> {
  using X = forecast::ForecastLine;
  static constexpr std::string_view name = "ForecastLine";
  static constexpr std::string_view meaning = "A line of a book: a forecast was made";
  static constexpr FieldList fields{
      Field{"forecast", &X::forecast, "", "The forecast"},
      Field{"seal", &X::seal, "",
            "SHA-256 of the seal before (64 zeros in line 1), a line break and this line without its own"}};
};

template <>
struct Record<forecast::ScoreLine> {
  using X = forecast::ScoreLine;
  static constexpr std::string_view name = "ScoreLine";
  static constexpr std::string_view meaning = "A line of a book: the result became known";
  static constexpr FieldList fields{Field{"score", &X::score, "", "What the run came to"},
                                    Field{"seal", &X::seal, "", "As of a forecast"}};
};

template <>
struct Record<SealedForecast> {
  using X = SealedForecast;
  static constexpr std::string_view name = "SealedForecast";
  static constexpr std::string_view meaning = "A forecast with its seal and what became of it";
  static constexpr FieldList fields{Field{"forecast", &X::forecast, "", "The forecast"},
                                    Field{"seal", &X::seal, "", "SHA-256 of its line and of the one before"},
                                    Field{"score", &X::score, "", "What the run came to; none: not yet known"},
                                    Field{"error", &X::error, "nats", "Predicted less real"},
                                    Field{"held", &X::held, "", "Whether the interval holds the real loss"}};
};

template <>
struct Record<ForecastBook> {
  using X = ForecastBook;
  static constexpr std::string_view name = "ForecastBook";
  static constexpr std::string_view meaning = "Forecasts in a file that hashes itself";
  static constexpr FieldList fields{Field{"forecasts", &X::forecasts, "", "In their order"},
                                    Field{"seals", &X::seals, "", "Of all lines"},
                                    Field{"last", &X::last, "", "Seal of the last line"}};
};

template <>
struct Record<ForecastSummary> {
  using X = ForecastSummary;
  static constexpr std::string_view name = "ForecastSummary";
  static constexpr std::string_view meaning = "How forecasts came out";
  static constexpr FieldList fields{Field{"law", &X::law, "", "Those by this law; empty: all"},
                                    Field{"forecasts", &X::forecasts, "", "How many there are"},
                                    Field{"scored", &X::scored, "", "How many have a result"},
                                    Field{"coverage", &X::coverage, "", "Share of results within their 90 % intervals"},
                                    Field{"bias", &X::bias, "nats", "Mean of predicted less real"},
                                    Field{"error", &X::error, "nats", "Mean size of that"},
                                    Field{"half_width", &X::half_width, "nats", "Mean of the intervals"}};
};

template <>
struct Record<ForecastReport> {
  using X = ForecastReport;
  static constexpr std::string_view name = "ForecastReport";
  static constexpr std::string_view meaning = "How the forecasts of books came out";
  static constexpr FieldList fields{Field{"laws", &X::laws, "", "By law, then all of them"},
                                    Field{"forecasts", &X::forecasts, "", "One by one"}};
};

template <>
struct Record<LrSweepLogs> {
  using X = LrSweepLogs;
  static constexpr std::string_view name = "LrSweepLogs";
  static constexpr std::string_view meaning = "The runs of a sweep from their logs";
  static constexpr FieldList fields{Field{"runs", &X::runs, "", "One for each log"},
                                    Field{"notes", &X::notes, "", "Which were stopped, and how far"}};
};

}  // namespace scheduled
