// The extension scheduled._core. Its functions convert arguments, release the GIL and make one call of the library.
#include "base/advice.hpp"
#include "base/bind.hpp"
#include "base/errors.hpp"
#include "modules.hpp"
#include "scheduled/error.hpp"

NB_MODULE(_core, m) {
  using namespace scheduled::python;
  m.doc() = "The C++ core of scheduled; use the package.";
  m.def(
      "version", [] { return python_text(scheduled::version()); }, "Version of the library, 'major.minor.patch'.");
  scheduled::speak_to(scheduled::Audience::python);
  bind_errors(m);
  bind_descriptions(m);
  bind_schedule(m);
  bind_trunk(m);
  bind_foreign(m);
  bind_runlog(m);
  bind_made_logs(m);
  bind_bound(m);
  bind_closed_forms(m);
  bind_stream(m);
  bind_worst_case(m);
  bind_exact(m);
  bind_base_lr(m);
  bind_optimal(m);
  bind_constrained(m);
  bind_refine(m);
  bind_transfer(m);
  bind_extend(m);
  bind_sweep(m);
  bind_lr_sweep(m);
  bind_along(m);
  bind_describe(m);
  bind_lint(m);
#ifdef SCHEDULED_WITH_PEP
  bind_pep(m);
#endif
#ifdef SCHEDULED_WITH_LAW
  bind_law(m);
  bind_fit(m);
  bind_predict(m);
  bind_optimize(m);
  bind_next_run(m);
  bind_watch(m);
  bind_forecast(m);
#endif
#ifdef SCHEDULED_WITH_ANYTIME
  bind_plan(m);
  bind_merge(m);
  bind_cluster(m);
  bind_record(m);
  bind_store(m);
#endif
}
