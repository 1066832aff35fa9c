// The command `scheduled`: its verbs.
#include <algorithm>
#include <string>

#include "cli/output.hpp"
#include "cli/process.hpp"
#include "cli/verbs.hpp"
#include "scheduled/error.hpp"

namespace scheduled::cli {
namespace {

/// "show, bound or tune".
std::string verb_list(const CLI::App& app) {
  const auto verbs = app.get_subcommands({});
  std::string text;
  for (std::size_t k = 0; k < verbs.size(); ++k) {
    text += (k == 0 ? "" : k + 1 == verbs.size() ? " or " : ", ") + verbs[k]->get_name();
  }
  return text;
}

int run(int argc, char** argv) {
  CLI::App app("Learning-rate schedules with guarantees for large-model training.", "scheduled");
  app.set_version_flag("--version", "scheduled " + std::string(version()));
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(0, 1);
  app.footer(
      "See `scheduled VERB --help` for the options and an example, `scheduled show --list` for the schedules.\n\n"
      "Examples:\n"
      "  scheduled compare wsd cosine linear 1-sqrt \"rsqrt(warmup=1k)\" constant --steps 50k\n"
      "  scheduled tune \"wsd(steps=50k, cooldown=20%)\"");
  add_show(app);
  add_bound(app);
  add_worst_case(app);
  add_tune(app);
  add_compare(app);
  add_optimize(app);
  add_refine(app);
  add_extend(app);
  add_transfer(app);
#ifdef SCHEDULED_WITH_LAW
  add_fit(app);
  add_predict(app);
  add_cooldown(app);
#endif
#ifdef SCHEDULED_WITH_RUN
  add_run(app);
  add_train(app, {argv + std::min(argc, 1), argv + argc});
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print_text(app.help());  // of the verb where one was named
    return 0;
  } catch (const CLI::CallForVersion& call) {
    print_text(std::string(call.what()) + "\n");
    return 0;
  } catch (const CLI::ParseError& error) {
    const auto verbs = app.get_subcommands();
    const auto unknown = app.remaining(true);
    if (verbs.empty() && !unknown.empty() && !unknown.front().starts_with('-')) {
      return report("unknown verb '" + unknown.front() + "': must be " + verb_list(app), bad_input);
    }
    std::string of_verb;
    for (auto named = verbs; !named.empty(); named = named.front()->get_subcommands()) {
      of_verb += named.front()->get_name() + " ";
    }
    if (of_verb == "run " && !unknown.empty() && !unknown.front().starts_with('-')) {
      return report("unknown verb 'run " + unknown.front() + "'; see scheduled run --help", bad_input);
    }
    return report(std::string(error.what()) + "; see scheduled " + of_verb + "--help", bad_input);
  }
  if (app.get_subcommands().empty()) {
    return report("a verb is missing: " + verb_list(app) + "; see scheduled --help", bad_input);
  }
  return 0;
}

}  // namespace
}  // namespace scheduled::cli

int main(int argc, char** argv) {
  return scheduled::cli::guarded([&] { return scheduled::cli::run(argc, argv); });
}
