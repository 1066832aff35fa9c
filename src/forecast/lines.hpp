// Lines of a book of forecasts. Private.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "scheduled/forecast.hpp"

namespace scheduled::forecast {

/// {"kind": said, "seal": "..."} without a line break; the seal is the hash of the seal before and of {"kind": said}.
std::string sealed_line(const std::string& before, std::string_view kind, const Json& said);

/// Throw ArgumentError naming what is not allowed.
void check_forecast(const Forecast& forecast);
void check_score(const ForecastScore& score);

/// Throws ArgumentError with the runs there are.
SealedForecast& forecast_of(ForecastBook& book, const std::string& run);
/// Adds what a line (without its line break) says. Throws ArgumentError without a place, as parse_forecasts.
void take_line(ForecastBook& book, std::string_view text);

}  // namespace scheduled::forecast
