#include "foreign/render.hpp"

#include "base/error.hpp"

namespace scheduled::foreign {
namespace {

/// Lists as command lines have them.
std::string plain(const Json& value) {
  if (value.is_text()) return value.text().find(' ') == std::string::npos ? value.text() : "\"" + value.text() + "\"";
  if (value.is_array()) {
    std::string text;
    for (const Json& one : value.items()) text += (text.empty() ? "" : " ") + plain(one);
    return text;
  }
  if (value.is_number()) return format_number(value.number());
  return value.dump();
}

/// PyYAML takes 1e-5 for a text: its numbers have a point.
std::string in_yaml(const Json& value) {
  std::string text = value.is_text() ? value.text() : value.dump();
  const std::size_t exponent = text.find('e');
  if (value.is_number() && exponent != std::string::npos && text.find('.') == std::string::npos)
    text.insert(exponent, ".0");
  return text;
}

/// The settings as members of members.
Json tree_of(const Written& written) {
  Json tree = Json::object();
  for (const auto& [key, value] : written.settings) {
    Json* place = &tree;
    std::string_view rest = key;
    while (true) {
      const std::size_t dot = rest.find('.');
      place = &(*place)[rest.substr(0, dot)];
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    *place = value;
  }
  return tree;
}

void add_yaml(std::string& text, const Json& tree, std::size_t indent) {
  for (const auto& [key, value] : tree.members()) {
    text += std::string(indent, ' ') + key + ":";
    if (value.is_object()) {
      text += "\n";
      add_yaml(text, value, indent + 2);
    } else {
      text += " " + in_yaml(value) + "\n";
    }
  }
}

std::string toml(const Json& tree) {
  std::string text;
  for (const auto& [section, members] : tree.members()) {
    text += concat({text.empty() ? "" : "\n", "[", section, "]\n"});
    for (const auto& [key, value] : members.members()) {
      text += concat({key, " = ", value.dump(), "\n"});
    }
  }
  return text;
}

std::string flags(const Written& written, const Tool& tool) {
  std::string text;
  for (const auto& [key, value] : written.settings) {
    if (!text.empty()) text += ' ';
    const bool equals = &tool == &nanogpt;
    text += concat({key.size() == 1 ? "-" : "--", key, equals ? "=" : " ", plain(value)});
  }
  return text + "\n";
}

/// config.lr = 0.001 and config.schedule = dict(warmup_steps=100), as in configurations of ml_collections.
std::string assignments(const Json& tree) {
  std::string text;
  for (const auto& [key, value] : tree.members()) {
    text += concat({"config.", key, " = "});
    if (value.is_object()) {
      std::string inner;
      for (const auto& [name, member] : value.members())
        inner += concat({inner.empty() ? "" : ", ", name, "=", member.dump()});
      text += concat({"dict(", inner, ")"});
    } else {
      text += value.dump();
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string render(const Written& written, const Tool& tool) {
  if (written.form == "flags") return flags(written, tool);
  if (!written.code.empty()) return written.code;
  const Json tree = tree_of(written);
  if (written.form == "Python") return assignments(tree);
  if (written.form == "JSON") return tree.dump(2) + "\n";
  if (written.form == "TOML") return toml(tree);
  std::string text;
  add_yaml(text, tree, 0);
  return text;
}

}  // namespace scheduled::foreign
