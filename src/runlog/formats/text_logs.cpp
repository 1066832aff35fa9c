// What training programs print: one table of templates. A new program is a few lines here, a line in docs/guide/logs.md
// and a case in tests/unit/runlog_text_test.cpp.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/formats/delimited.hpp"
#include "runlog/formats/template.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

struct Program {
  const char* name;
  const char* about;
  std::vector<const char*> alone;  ///< a line that matches one of these is nothing else
  std::vector<const char*> pieces;
  bool rates_of_next = false;    ///< the row of step s has rate and norm of update s + 1
  bool goes_on = false;          ///< lines without a step belong to the last one
  bool holds_val_loss = false;   ///< lines repeat the last val_loss until there is another
  const char* rounds = nullptr;  ///< what to say of steps above 999, which are rounded
};

const std::vector<Program>& programs() {
  static const std::vector<Program> all = {
      {"megatron",
       "Megatron-LM, Megatron-DeepSpeed, GPT-NeoX",
       {"validation loss at iteration {step} | lm loss value: {val_loss}",
        "validation loss at iteration {step} on validation set | lm loss value: {val_loss}",
        "validation results at iteration {step} | lm_loss value: {val_loss}"},
       {"iteration {step}/", "learning rate: {lr}", "lm loss: {train_loss}", "lm_loss: {train_loss}",
        "grad norm: {grad_norm}"}},
      {"nemo",
       "NeMo: its progress lines, and its progress bar before version 2",
       {},  // "iteration" counts within its epoch, and older lines have nothing else
       {"global_step: {step}", "Training epoch {}, iteration {step}/", "global_step={step}", "| lr: {lr}",
        "reduced_train_loss: {train_loss}", "reduced_train_loss={train_loss}", "val_loss: {val_loss}",
        "val_loss={val_loss}", "grad_norm: {grad_norm}"},
       true,
       false,
       true},
      {"llm.c",
       "llm.c's main.log",
       {},
       {"^s:{step} ", "trl:{train_loss}", "tel:{val_loss}", "lr:{lr}", "norm:{grad_norm}"},
       true},
      {"llm.c-stdout",
       "what llm.c prints",
       {},
       {"^step {step}/{} |", "| train loss {train_loss}", "| loss {train_loss}", "^val loss {val_loss}",
        "norm {grad_norm}", "| lr {lr}"},
       false,
       true},
      {"modded-nanogpt", "modded-nanogpt", {}, {"step:{step}/{} ", "val_loss:{val_loss}", "train_loss:{train_loss}"}},
      {"nanogpt", "nanoGPT", {"step {step}: train loss {}, val loss {val_loss}"}, {"iter {step}: loss {train_loss}"}},
      {"build-nanogpt",
       "build-nanogpt: its log.txt and what it prints",
       {"^{step} val {val_loss}", "^{step} train {train_loss}"},
       {"^step {step} | loss: {train_loss}", "| lr {lr}", "| norm: {grad_norm}", "^validation loss: {val_loss}"},
       true,
       true},
      {"maxtext",
       "MaxText",
       {"eval metrics after step: {step}, loss={val_loss}"},
       {"completed step: {step},", " loss: {train_loss}"}},
      {"torchtitan",
       "torchtitan",
       {"validate step: {step} loss: {val_loss}"},
       {"step: {step} ", "loss: {train_loss}", "grad_norm: {grad_norm}", "lr: {lr}"}},
      {"deepspeed",
       "DeepSpeed",
       {"steps: {step} loss: {train_loss}"},
       {"step={step}, skipped=", "lr=[{lr}", "loss={train_loss}"}},
      {"litgpt",
       "LitGPT",
       {},  // "iter" counts micro-batches, and the "val:" of a line of training is an earlier one's
       {"| iter {} step {step} |", "loss train: {train_loss}", "iter {}: val loss {val_loss}"},
       false,
       true},
      {"nanotron",
       "nanotron",
       {},
       {"iteration: {step} /", "lm_loss: {train_loss}", "lr: {lr}", "grad_norm: {grad_norm}"}},
      {"fairseq",
       "fairseq",
       {},
       {"num_updates={step}", "num_updates {step}", "loss={train_loss}", "subset | loss {val_loss}", "lr={lr}",
        "gnorm={grad_norm}", R"("num_updates": "{step}")", R"("valid_num_updates": "{step}")",
        R"("loss": "{train_loss}")", R"("valid_loss": "{val_loss}")", R"("lr": "{lr}")", R"("gnorm": "{grad_norm}")"}},
      {"levanter",
       "levanter's json_logger",
       {},
       {R"("event": "log", "step": {step}, )", R"("train/loss": {train_loss})", R"("eval/loss": {val_loss})",
        R"("optim/learning_rate": {lr})", R"("grad/norm/total": {grad_norm})"}},
      {"levanter-bar",
       "levanter's progress bar in a log without its json_logger",
       {},
       {"Progress on:train {step}it/", "postfix:loss={train_loss}"},
       false,
       false,
       false,
       "steps from 1,000 on and losses are printed with three digits"},
      {"olmo",
       "the consoles of OLMo and OLMo-core",
       {},
       {"[step={step}/", "train/CrossEntropyLoss={train_loss}", "train/CE loss={train_loss}",
        "optim/total_grad_norm={grad_norm}", "optim/total grad norm={grad_norm}", "optim/learning_rate_group0={lr}",
        "optim/LR={lr}", "optim/LR (group 0)={lr}"},
       false,
       true},
  };
  return all;
}

constexpr std::array<std::string_view, 6> columns = {"step", "train_loss", "val_loss", "lr", "grad_norm", "tokens"};

/// A program's templates, read once.
struct Patterns {
  std::vector<Template> alone, pieces;
  bool rates_of_next = false;
  bool goes_on = false;
  bool holds_val_loss = false;
  std::string_view rounds;
};

/// Rows of the lines that match.
class TextReader {
 public:
  explicit TextReader(const Patterns& patterns) : patterns_(patterns) {
    for (const std::string_view column : columns) table.columns.emplace_back().source = column;
  }

  /// Whether the line was a row.
  bool line(std::string_view text, std::size_t number) {
    text = without_colours(text);
    found_.clear();
    const auto& alone = patterns_.alone;
    const auto& pieces = patterns_.pieces;
    const bool whole =
        std::any_of(alone.begin(), alone.end(), [&](const Template& one) { return one.match(text, found_); });
    for (std::size_t k = 0; !whole && k < pieces.size(); ++k) pieces[k].match(text, found_);
    if (patterns_.holds_val_loss) drop_held();
    const auto step = std::find_if(found_.begin(), found_.end(), [](const auto& v) { return v.column == "step"; });
    if (step != found_.end()) {
      if (!(step->value >= 0.0 && step->value == std::floor(step->value))) return false;
      step_ = step->value;
      has_step = true;
    } else if (!patterns_.goes_on || found_.empty()) {
      return false;
    }
    if (found_.size() == (step != found_.end() ? 1U : 0U)) return false;  // a step and nothing else
    const std::size_t row = table.line.size();
    table.line.push_back(number);
    // What counts from 0 prints the loss of a validation before the update after its last one.
    const bool after = step == found_.end() && has_step && patterns_.rates_of_next;
    add_number(table.columns[0], row, after ? step_ + 1.0 : step_);
    for (const TemplateValue& value : found_) {
      const auto at = std::find(columns.begin(), columns.end(), value.column) - columns.begin();
      RawColumn& column = table.columns[static_cast<std::size_t>(at)];
      if (at != 0 && column.length != row + 1) add_number(column, row, value.value);
    }
    return true;
  }

  RawTable finish() {
    for (RawColumn& column : table.columns) column.length = table.line.size();
    std::erase_if(table.columns, [](const RawColumn& c) { return c.value.empty() && !c.not_finite; });
    return std::move(table);
  }

  RawTable table;
  bool has_step = false;  ///< a row said its step
  bool large_steps() const { return step_ >= 1000.0; }

 private:
  /// A val_loss that the line before has, too, is no new one.
  void drop_held() {
    std::erase_if(found_, [&](const TemplateValue& found) {
      return found.column == "val_loss" && std::exchange(val_loss_, found.value) == found.value;
    });
  }
  /// Without the escape sequences of terminals.
  std::string_view without_colours(std::string_view text) {
    constexpr char escape = '\x1b';
    if (text.find(escape) == std::string_view::npos) return text;
    plain_.clear();
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != escape) {
        plain_ += text[at];
        continue;
      }
      ++at;
      if (at < text.size() && text[at] == '[')
        at = std::min(text.find_first_of("@ABCDEFGHJKSTfhlmnsu", at + 1), text.size());
    }
    return plain_;
  }

  const Patterns& patterns_;
  double step_ = 0.0;
  std::optional<double> val_loss_;
  std::string plain_;
  std::vector<TemplateValue> found_;
};

class TextParser final : public BlockParser {
 public:
  explicit TextParser(std::shared_ptr<const Patterns> patterns, std::size_t first_line = 1)
      : patterns_(std::move(patterns)), reader_(*patterns_), line_(first_line - 1) {}

  std::size_t take(std::string_view bytes, bool last) override {
    std::size_t begin = 0;
    for (; begin < bytes.size(); poll_()) {
      const std::size_t end = std::min(bytes.find_first_of("\n\r", begin), bytes.size());
      if (end == bytes.size() && !last) break;
      if (at_line_) ++line_;
      reader_.line(bytes.substr(begin, end - begin), line_);
      at_line_ = end < bytes.size() && bytes[end] == '\n';  // "\r" alone redraws a line
      begin = end + 1;
    }
    return std::min(begin, bytes.size());
  }
  /// A table without rows where none says its step.
  Parsed finish() override {
    const bool any = reader_.has_step;
    Parsed parsed{.tables = {reader_.finish()}, .rates_of_next = patterns_->rates_of_next};
    if (reader_.large_steps() && !patterns_->rounds.empty()) parsed.notes.emplace_back(patterns_->rounds);
    if (!any) parsed.tables.front() = {};
    return parsed;
  }

 private:
  std::shared_ptr<const Patterns> patterns_;
  TextReader reader_;
  std::size_t line_;
  bool at_line_ = true;  ///< a line begins, and not only what redraws one
  SeldomPoll poll_{64};
};

/// Rows that must be there.
class TextFileParser final : public BlockParser {
 public:
  TextFileParser(std::shared_ptr<const Patterns> patterns, std::string_view name)
      : name_(name), text_(std::move(patterns)) {}

  std::size_t take(std::string_view bytes, bool last) override { return text_.take(bytes, last); }
  Parsed finish() override {
    Parsed parsed = text_.finish();
    if (parsed.tables.front().line.empty()) fail_at(name_, 0, "no line is as its format has them");
    return parsed;
  }

 private:
  std::string_view name_;
  TextParser text_;
};

Format format_of(const char* name, const char* about, std::shared_ptr<const Patterns> patterns) {
  return {
      .about = {name, "text with lines that its templates match", about},
      .recognises =
          [patterns](std::string_view content) {
            // Logs begin with settings, or with the program's source; four megabytes hold a first row of all
            // but a few.
            constexpr std::size_t enough = std::size_t{4} << 20;
            if (has_step_header(content)) return false;
            return !parse_whole(TextParser(patterns), content.substr(0, enough)).tables.front().line.empty();
          },
      .parse = [patterns](
                   const Source& source) { return parse_whole(TextFileParser(patterns, source.name), source.content); },
      .line_parser = [patterns]() -> LineParser {
        return [patterns](const Source& source) -> std::optional<Parsed> {
          Parsed parsed = parse_whole(TextParser(patterns, source.first_line), source.content);
          if (parsed.tables.front().line.empty()) return std::nullopt;
          parsed.may_lack_columns = true;
          return parsed;
        };
      },
      .blocks = [patterns](std::string_view file,
                           std::string_view) { return std::make_unique<TextFileParser>(patterns, file); }};
}

}  // namespace

std::vector<Format> text_logs() {
  std::vector<Format> formats;
  for (const Program& program : programs()) {
    auto patterns = std::make_shared<Patterns>();
    for (const char* const text : program.alone) patterns->alone.emplace_back(text);
    for (const char* const text : program.pieces) patterns->pieces.emplace_back(text);
    patterns->rates_of_next = program.rates_of_next;
    patterns->goes_on = program.goes_on;
    patterns->holds_val_loss = program.holds_val_loss;
    patterns->rounds = program.rounds == nullptr ? "" : program.rounds;
    formats.push_back(format_of(program.name, program.about, std::move(patterns)));
  }
  return formats;
}

Format patterns(const std::vector<std::string>& templates) {
  auto patterns = std::make_shared<Patterns>();
  for (const std::string& text : templates) patterns->pieces.emplace_back(text);
  return format_of("pattern", "templates of the reader's own", std::move(patterns));
}

}  // namespace scheduled::runlog
