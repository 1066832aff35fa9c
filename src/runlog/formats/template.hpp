// A template of a piece of a line, such as "step {step}: loss {train_loss}". Private.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled::runlog {

/// What a template found: standard columns and the numbers (nan and inf, too) that stand for them.
struct TemplateValue {
  std::string_view column;  ///< into the template
  double value = 0.0;
};

/// Words between braces are columns that take a number, be it printed as 12345, 12,345 or 12.3k; "{}" takes any number
/// and forgets it. A blank stands for any
/// number of blanks, none included; "^" at the start for the start of the line. All other bytes stand for themselves.
/// What begins with a letter or digit does not match within a word.
class Template {
 public:
  /// Throws ArgumentError: no column, a column that is no standard one, or two columns with nothing between them.
  explicit Template(std::string_view text);

  /// The first place in `line` that matches. O(length of the line times length of the template).
  bool match(std::string_view line, std::vector<TemplateValue>& found) const;
  bool has(std::string_view column) const;

 private:
  struct Part {
    std::string literal;                ///< then
    std::optional<std::string> column;  ///< a number; nothing: the template ends
  };
  bool match_at(std::string_view line, std::size_t at, std::vector<TemplateValue>& found) const;

  std::vector<Part> parts_;
  bool at_start_ = false;
};

}  // namespace scheduled::runlog
