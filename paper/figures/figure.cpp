#include "figures/figure.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "base/csv.hpp"
#include "scheduled/error.hpp"

namespace scheduled::figures {
namespace {

double number_of(const std::string& published) {
  const auto value = parse_number(published);
  if (!value) throw std::logic_error("published = " + published + ": not a number");
  return *value;
}

/// Half a unit of the last digit of "0.0123" or "1.25e-3".
double half_digit(const std::string& published) {
  const std::size_t end = published.find_first_of("eE");
  const std::string mantissa = published.substr(0, end);
  const std::size_t point = mantissa.find('.');
  const auto digits = point == std::string::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  const int exponent = end == std::string::npos ? 0 : std::stoi(published.substr(end + 1));
  return 0.5 * std::pow(10.0, exponent - digits);
}

}  // namespace

double Check::difference() const { return here - number_of(published); }

bool Check::holds() const {
  constexpr double rounding = 1.0 + 1e-9;  // of the subtraction
  return std::fabs(difference()) <= half_digit(published) * rounding;
}

std::string csv_of(const plot::Figure& figure) {
  std::string text = "panel,line,name,x,y\n";
  for (std::size_t p = 0; p < figure.panels.size(); ++p) {
    for (std::size_t l = 0; l < figure.panels[p].lines.size(); ++l) {
      const plot::Line& line = figure.panels[p].lines[l];
      for (std::size_t k = 0; k < line.x.size(); ++k) {
        const std::string x = format_number(line.x[k]);
        text += fmt::format("{},{},{},{},{}\n", p + 1, l + 1, csv_quoted(line.label), x, format_number(line.y[k]));
      }
    }
  }
  return text;
}

}  // namespace scheduled::figures
