// YAML by libyaml's events: nothing is copied for an alias, which is refused where a value is needed.
#include "foreign/config.hpp"

#ifdef SCHEDULED_WITH_YAML
#include <yaml.h>

#include <memory>

namespace scheduled::foreign {
namespace {

/// The events of a text, from the first call of `next` on (a throwing constructor would leave the parser behind).
class Events {
 public:
  explicit Events(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }

  yaml_event_type_t type() const { return event_.type; }
  std::int64_t line() const { return static_cast<std::int64_t>(event_.start_mark.line) + 1; }
  std::string text() const {
    return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
  }
  bool plain() const { return event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE; }

  void next() {
    yaml_event_delete(&event_);
    event_ = {};
    if (yaml_parser_parse(&parser_, &event_) != 0) return;
    const std::string why = parser_.problem != nullptr ? parser_.problem : "not valid";
    fail_at(static_cast<std::int64_t>(parser_.problem_mark.line) + 1, "cannot be read as YAML: " + why);
  }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

class Reader {
 public:
  explicit Reader(std::string_view text) : events_(text) { events_.next(); }

  Config read() {
    while (events_.type() == YAML_STREAM_START_EVENT || events_.type() == YAML_DOCUMENT_START_EVENT) events_.next();
    if (events_.type() != YAML_MAPPING_START_EVENT) fail_at(events_.line(), "holds no keys with values");
    members("", 0);
    while (events_.type() == YAML_DOCUMENT_END_EVENT) events_.next();
    if (events_.type() != YAML_STREAM_END_EVENT) fail_at(events_.line(), "holds several documents; give one of them");
    return collector_.take();
  }

 private:
  void deeper(int depth) const {
    if (depth > deepest) fail_at(events_.line(), "nests more than 32 levels");
  }

  /// A scalar or a list; nothing for an alias and a mapping within a list.
  Json value(int depth) {
    deeper(depth);
    Json found;
    if (events_.type() == YAML_SCALAR_EVENT) {
      found = events_.plain() ? plain_value(events_.text()) : Json(events_.text());
    } else if (events_.type() == YAML_SEQUENCE_START_EVENT) {
      found = Json::array();
      events_.next();
      while (events_.type() != YAML_SEQUENCE_END_EVENT) found.push_back(value(depth + 1));
    } else if (events_.type() == YAML_MAPPING_START_EVENT) {
      skip(depth);
      return {};
    } else if (events_.type() == YAML_ALIAS_EVENT) {
      found = "*alias";
    }
    events_.next();
    return found;
  }

  /// A mapping within a list.
  void skip(int depth) {
    events_.next();
    while (events_.type() != YAML_MAPPING_END_EVENT) {
      value(depth + 1);
      value(depth + 1);
    }
    events_.next();
  }

  void members(const std::string& prefix, int depth) {
    deeper(depth);
    events_.next();
    while (events_.type() != YAML_MAPPING_END_EVENT) {
      if (events_.type() != YAML_SCALAR_EVENT) fail_at(events_.line(), "a key must be a word");
      const std::string key = prefix.empty() ? events_.text() : prefix + "." + events_.text();
      const std::int64_t line = events_.line();
      events_.next();
      if (events_.type() == YAML_MAPPING_START_EVENT) {
        members(key, depth + 1);
      } else {
        collector_.add(key, value(depth + 1), line);
      }
    }
    events_.next();
  }

  Events events_;
  Collector collector_{"YAML"};
};

}  // namespace

Config read_yaml(std::string_view text) { return Reader(text).read(); }

}  // namespace scheduled::foreign
#else
namespace scheduled::foreign {
Config read_yaml(std::string_view) {
  fail_at(0, "looks like YAML, and this build cannot read it (libyaml-dev was missing); give it as JSON");
}
}  // namespace scheduled::foreign
#endif
