#include "cli/results.hpp"

#include <fmt/format.h>

namespace scheduled::cli {

std::string method(const BestBaseLr& best) {
  if (best.closed_form) return "closed form";
  return best.at_limit ? "numeric, at the limit that the absolute LRs set" : "numeric";
}

std::string bound_label(Criterion criterion) {
  return criterion == Criterion::omega ? "bound Ω" : "average-iterate bound";
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
  const auto number = parse_number(options.grad_norm);
  json["grad_norm"] = options.grad_norm.empty() ? Json(1.0) : number ? Json(*number) : Json(options.grad_norm);
}

std::string settings_text(const BoundOptions& options) {
  return fmt::format(
      "{} bound, distance {}, grad norm {}", options.which() == Criterion::omega ? "last-iterate" : "average-iterate",
      options.distance.empty() ? "1" : options.distance, options.grad_norm.empty() ? "1" : options.grad_norm);
}

}  // namespace scheduled::cli
