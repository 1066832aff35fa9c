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

}  // namespace scheduled::cli
