#include "runlog/formats/series_name.hpp"

#include "runlog/names.hpp"

namespace scheduled::runlog {

std::string standard_of_file(std::string_view file) {
  std::string_view name = file.substr(file.find_last_of("/\\") + 1);
  for (const std::string_view compressed : {".gz", ".zst"}) {
    if (name.ends_with(compressed)) name.remove_suffix(compressed.size());
  }
  name = name.substr(0, name.rfind('.'));
  if (const std::size_t tag = name.rfind("tag-"); tag != std::string_view::npos) name.remove_prefix(tag + 4);
  for (const std::string_view standard : {"grad_norm", "val_loss", "train_loss", "lr"}) {
    // The whole name, then ever shorter ends of it: "exp_3_train_loss".
    for (std::string_view end = name;;) {
      if (is_usual(standard, end)) return std::string(standard);
      const std::size_t cut = end.find_first_of("_-. ");
      if (cut == std::string_view::npos) break;
      end.remove_prefix(cut + 1);
    }
  }
  return {};
}

}  // namespace scheduled::runlog
