#include "runlog/names.hpp"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "runlog/text.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled::runlog {
namespace {

/// A usual name of a standard column; a last "*" stands for anything.
struct Usual {
  std::string_view standard, name;
};

// Best first. Steps that count updates come before those that count calls of a logger ("_step").
constexpr auto usual_names = std::to_array<Usual>({
    {"step", "step"},
    {"step", "iter"},
    {"step", "iteration"},
    {"step", "global_step/max_steps"},  // "120/438", as of ms-swift
    {"step", "global_step"},
    {"step", "train/global_step"},
    {"step", "trainer/global_step"},
    {"step", "train/step"},
    {"step", "train/iter"},
    {"step", "train/iteration"},
    {"step", "steps"},
    {"step", "iterations"},
    {"step", "current_steps"},
    {"step", "num_updates"},
    {"step", "optimizer_step"},
    {"step", "opt_step"},
    {"step", "update"},
    {"step", "_step"},
    {"step", "epoch"},  // where there is nothing better, as of Keras

    {"lr", "lr"},
    {"lr", "learning_rate"},
    {"lr", "train_lr"},
    {"lr", "train/lr"},
    {"lr", "train/learning_rate"},
    {"lr", "lr/train"},
    {"lr", "learning_rate/train"},
    {"lr", "optim/lr"},
    {"lr", "optim/learning_rate"},
    {"lr", "optimizer/lr"},
    {"lr", "optimizer/learning_rate"},
    {"lr", "train/optimizer/lr"},
    {"lr", "lr-*"},
    {"lr", "lr/*"},
    {"lr", "lr_*"},
    {"lr", "learning_rate/*"},
    {"lr", "learning_rate_*"},
    {"lr", "optim/lr*"},
    {"lr", "optim/learning_rate*"},
    {"lr", "train/lr*"},
    {"lr", "train/learning_rate*"},

    {"train_loss", "train_loss"},
    {"train_loss", "loss"},
    {"train_loss", "train/loss"},
    {"train_loss", "loss/train"},
    {"train_loss", "training_loss"},
    {"train_loss", "training/loss"},
    {"train_loss", "train/train_loss"},
    {"train_loss", "lm_loss"},
    {"train_loss", "train/lm_loss"},
    {"train_loss", "train_loss_step"},
    {"train_loss", "train/loss_step"},
    {"train_loss", "losses/train"},
    {"train_loss", "train/crossentropyloss"},
    {"train_loss", "train/cross_entropy_loss"},
    {"train_loss", "train/ce_loss"},
    {"train_loss", "train/nll_loss"},
    {"train_loss", "nll_loss"},
    {"train_loss", "total_loss"},

    {"val_loss", "val_loss"},
    {"val_loss", "eval_loss"},
    {"val_loss", "validation_loss"},
    {"val_loss", "valid_loss"},
    {"val_loss", "val/loss"},
    {"val_loss", "eval/loss"},
    {"val_loss", "validation/loss"},
    {"val_loss", "valid/loss"},
    {"val_loss", "loss/val"},
    {"val_loss", "loss/eval"},
    {"val_loss", "loss/validation"},
    {"val_loss", "loss/valid"},
    {"val_loss", "val/val_loss"},
    {"val_loss", "eval/eval_loss"},
    {"val_loss", "validation/lm_loss"},
    {"val_loss", "eval/lm_loss"},
    {"val_loss", "val/lm_loss"},
    {"val_loss", "losses/val"},
    {"val_loss", "losses/validation"},

    {"grad_norm", "grad_norm"},
    {"grad_norm", "gradient_norm"},
    {"grad_norm", "train/grad_norm"},
    {"grad_norm", "train/gradient_norm"},
    {"grad_norm", "gnorm"},
    {"grad_norm", "train/gnorm"},
    {"grad_norm", "grad-norm"},
    {"grad_norm", "optim/total_grad_norm"},
    {"grad_norm", "optim/grad_norm"},
    {"grad_norm", "total_grad_norm"},
    {"grad_norm", "grad/norm/total"},
    {"grad_norm", "global_grad_norm"},
    {"grad_norm", "train/global_grad_norm"},
    {"grad_norm", "grad_2/0_norm_total"},

    {"tokens", "tokens"},
    {"tokens", "total_tokens"},
    {"tokens", "consumed_tokens"},
    {"tokens", "tokens_seen"},
    {"tokens", "train/tokens"},
    {"tokens", "train/total_tokens"},
    {"tokens", "num_input_tokens_seen"},
    {"tokens", "train/num_input_tokens_seen"},
    {"tokens", "throughput/total_tokens"},
    {"tokens", "n_tokens_seen"},
});

// In a section of validation results.
constexpr auto usual_validation_names = std::to_array<Usual>({
    {"step", "step"},
    {"step", "iter"},
    {"step", "iteration"},
    {"val_loss", "val_loss"},
    {"val_loss", "eval_loss"},
    {"val_loss", "validation_loss"},
    {"val_loss", "loss"},
});

std::string plain(std::string_view name) {
  std::string text(name);
  for (char& byte : text) {
    byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
    if (byte == ' ') byte = '_';
    if (byte == '.') byte = '/';
  }
  return text;
}

/// A list of usual names, in which a name is looked up at once: tables may have thousands of columns.
class UsualNames {
 public:
  explicit UsualNames(std::span<const Usual> list) : list_(list) {
    for (std::size_t k = 0; k < list.size(); ++k) {
      if (list[k].name.ends_with('*')) {
        beginnings_.push_back(k);
      } else {
        whole_.emplace(list[k].name, k);
      }
    }
  }

  std::optional<UsualName> find(std::string_view name) const {
    const auto found = whole_.find(name);
    if (found != whole_.end()) return UsualName{list_[found->second].standard, found->second};
    for (const std::size_t k : beginnings_) {
      const std::string_view begin = list_[k].name.substr(0, list_[k].name.size() - 1);
      if (name.size() > begin.size() && name.starts_with(begin)) return UsualName{list_[k].standard, k};
    }
    return std::nullopt;
  }

 private:
  std::span<const Usual> list_;
  std::unordered_map<std::string_view, std::size_t> whole_;
  std::vector<std::size_t> beginnings_;  ///< that a "*" follows
};

}  // namespace

bool is_standard(std::string_view name) {
  return std::find(standard_names.begin(), standard_names.end(), name) != standard_names.end();
}

std::string must_be_standard(std::string_view name) {
  const std::optional<UsualName> usual = usual_name(name);
  return usual ? concat({"must be ", word_list(standard_names), "; did you mean '", usual->standard, "'?"})
               : must_be_one_of(name, standard_names);
}

std::string advice_for(std::string_view column, std::span<const std::string> there) {
  struct Part {
    std::string_view standard, part;
  };
  constexpr auto parts = std::to_array<Part>({{"lr", "learning"},
                                              {"lr", "lr"},
                                              {"lr", "rate"},
                                              {"train_loss", "loss"},
                                              {"train_loss", "nll"},
                                              {"val_loss", "val"},
                                              {"val_loss", "loss"},
                                              {"val_loss", "nll"},
                                              {"grad_norm", "norm"},
                                              {"grad_norm", "grad"}});
  if (column == "step" || column == "tokens" || !is_standard(column)) return {};
  std::string_view likely = "NAME";
  for (const Part& one : parts) {
    if (one.standard != column || likely != "NAME") continue;
    const auto found = std::find_if(there.begin(), there.end(), [&](const std::string& name) {
      return !is_standard(name) && plain(name).find(one.part) != std::string::npos;
    });
    if (found != there.end()) likely = *found;
  }
  return concat({"; ", column == "lr" ? option_text("lr", "SPEC") + " gives the schedule, " : "",
                 columns_text(printable(likely, longest_name), column), " names its column"});
}

std::optional<UsualName> usual_name(std::string_view name, bool validation) {
  static const UsualNames all(usual_names);
  static const UsualNames of_validation(usual_validation_names);
  return (validation ? of_validation : all).find(plain(name));
}

std::size_t epoch_rank() {
  static const std::size_t rank = usual_name("epoch")->rank;
  return rank;
}

bool is_usual(std::string_view standard, std::string_view name) {
  const std::optional<UsualName> usual = usual_name(name);
  return usual && usual->standard == standard;
}

}  // namespace scheduled::runlog

namespace scheduled {

std::map<std::string, std::string> parse_columns(std::string_view text) {
  std::map<std::string, std::string> columns;
  while (!text.empty()) {
    // The entry ends at the first standard name that stands between "=" and a comma or the end.
    std::size_t equals = std::string_view::npos;
    std::size_t end = text.size();
    for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      if (!runlog::is_standard(text.substr(at + 1, comma - at - 1))) continue;
      equals = at;
      end = comma;
      break;
    }
    if (equals == std::string_view::npos) {  // for the message: up to the first comma
      end = std::min(text.find(','), text.size());
      equals = text.substr(0, end).rfind('=');
      const std::string_view entry = text.substr(0, end);
      if (equals == std::string_view::npos || equals + 1 == end) {
        fail_value("columns", entry, "must be SOURCE=STANDARD, e.g. loss=train_loss");
      }
      fail_value("columns", entry, runlog::must_be_standard(entry.substr(equals + 1)));
    }
    columns[std::string(text.substr(0, equals))] = text.substr(equals + 1, end - equals - 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return columns;
}

}  // namespace scheduled
