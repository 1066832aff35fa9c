/* The same from C. */
#include <scheduled/scheduled.h>

#include <stdio.h>

int main(void) {
  scheduled_schedule* schedule = NULL;
  if (scheduled_parse("linear(steps=3)", 0, &schedule) != SCHEDULED_OK) return 1;
  char text[100];
  scheduled_print(schedule, text, sizeof text);
  printf("%s: %g\n", text, scheduled_rate(schedule, 0));
  scheduled_free(schedule);
  return 0;
}
