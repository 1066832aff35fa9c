#include "cli/results.hpp"
#include "scheduled/error.hpp"

#include <fmt/format.h>

namespace scheduled::cli {

std::string method(const BestBaseLr& best) {
  if (best.closed_form) return "closed form";
  return best.at_limit ? "numeric, at the limit that the absolute LRs set" : "numeric";
}

std::string bound_name(Criterion criterion) {
  if (criterion == Criterion::worst_case) return "worst case";
  return criterion == Criterion::omega ? "bound Ω" : "average-iterate bound";
}

std::string bound_label(const BoundSettings& settings) {
  const bool one_norm = settings.grad_norm.data() == nullptr && settings.grad_norm[0] == 1.0;
  const bool plain = one_norm && settings.distance == 1.0;
  return bound_name(settings.criterion) + (plain ? " (D = G = 1)" : " (loss units)");
}

std::string percent(double share) { return fmt::format("{:.3g} %", 100.0 * share); }

std::string against(double ratio) {
  if (ratio >= 3.0) return fmt::format("{:.3g} times as large", ratio);
  if (ratio > 0.9995 && ratio < 1.0005) return "the same";
  return percent(ratio < 1.0 ? 1.0 - ratio : ratio - 1.0) + (ratio < 1.0 ? " lower" : " higher");
}

Json grad_norm_json(const std::string& text) {
  const auto number = parse_number(text);
  return number ? Json(*number) : Json(text);
}

Json to_json(const Schedule& tuned, const BestBaseLr& best) {
  Json json;
  json["spec"] = print(tuned);
  json["schedule"] = Json::parse(print_json(tuned));
  json["T"] = best.T;
  json["peak"] = best.peak;
  json["bound"] = best.bound;
  json["closed_form"] = best.closed_form;
  json["at_limit"] = best.at_limit;
  return json;
}

void add_settings(Json& json, const BoundOptions& options) {
  json["criterion"] = options.criterion;
  json["distance"] = options.distance.empty() ? 1.0 : read_number("distance", options.distance);
  json["grad_norm"] = grad_norm_json(options.grad_norm.empty() ? "1" : options.grad_norm);
}

std::string settings_text(const BoundOptions& options) {
  const std::string_view name = options.which() == Criterion::omega      ? "last-iterate bound"
                                : options.which() == Criterion::standard ? "average-iterate bound"
                                                                         : "worst case of the last iterate";
  return fmt::format("{}, distance {}, grad norm {}", name, options.distance.empty() ? "1" : options.distance,
                     options.grad_norm.empty() ? "1" : options.grad_norm);
}

}  // namespace scheduled::cli
