// Lines of a book of forecasts. Private.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "scheduled/forecast.hpp"

namespace scheduled::forecast {

/// {"kind": said, "seal": "..."}; `seal` becomes the hash of the seal before and of {"kind": said}.
std::string sealed_line(const std::string& before, std::string_view kind, const Json& said, std::string& seal);

Json said_of(const Forecast& forecast);
Json said_of(const ForecastScore& score);

/// Throw ArgumentError naming what is not allowed.
void check_forecast(const Forecast& forecast);
void check_score(const ForecastScore& score);

/// Throws ArgumentError with the runs there are.
SealedForecast& forecast_of(ForecastBook& book, const std::string& run);
/// Throw ArgumentError where the book has one of this run already.
void add_forecast(ForecastBook& book, const Forecast& forecast, const std::string& seal);
SealedForecast& add_score(ForecastBook& book, const ForecastScore& score, const std::string& seal);

}  // namespace scheduled::forecast
