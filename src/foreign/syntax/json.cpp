#include "foreign/config.hpp"

namespace scheduled::foreign {

Config read_json(std::string_view text) {
  Collector collector("JSON");
  collector.add("", Json::parse(text, true), 0);
  return collector.take();
}

}  // namespace scheduled::foreign
