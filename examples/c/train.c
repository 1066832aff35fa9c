/* A training loop in C that asks for the rate of each update, and knows its bound while it runs. */
#include <scheduled/scheduled.h>

#include <stdio.h>
#include <stdlib.h>

static void check(int code) {
  if (code == SCHEDULED_OK) return;
  fprintf(stderr, "train: %s\n", scheduled_last_error()->message);
  exit(1);
}

int main(void) {
  scheduled_schedule* planned = NULL;
  check(scheduled_parse("wsd(cooldown=20%, decay=1-sqrt)", 401, &planned));
  double peak = 0.0;
  double bound = 0.0;
  check(scheduled_best_peak(planned, 0, NULL, 0, 1.0, &peak, &bound));
  printf("best peak %.6f, bound %.6f\n", peak, bound);
  scheduled_free(planned);

  char spec[100];
  snprintf(spec, sizeof spec, "wsd(steps=401, cooldown=20%%, decay=1-sqrt, peak=%.17g)", peak);
  scheduled_schedule* schedule = NULL;
  check(scheduled_parse(spec, 0, &schedule));
  scheduled_stream* run = NULL;
  check(scheduled_stream_create(1.0, &run));
  for (int64_t step = 0; step < scheduled_steps(schedule); ++step) {
    const double lr = scheduled_rate(schedule, step); /* the optimizer's step with this rate goes here */
    check(scheduled_stream_push(run, lr, 1.0, &bound));
    if (step % 100 == 0) printf("step %3d: rate %.6f, bound %.6f\n", (int)step, lr, bound);
  }
  scheduled_stream_free(run);
  scheduled_free(schedule);

  if (scheduled_parse("wsd(steps=401, cooldown=120%)", 0, &schedule) != SCHEDULED_OK) {
    const scheduled_error* error = scheduled_last_error();
    printf("refused: %s\n", error->message);
  }
  return 0;
}
