/* The library for C and whatever calls C: Fortran, Rust, Julia, Go, ... C99. Link with `scheduled::scheduled` (CMake),
 * or with -lscheduled -lhwy -lstdc++ -lpthread -lm.
 *
 * A function that can fail returns one of the codes below, SCHEDULED_OK = 0, and sets what it returns through pointers
 * only then. After another code scheduled_last_error() says what was wrong, field by field. No function throws, prints
 * or ends the program. All pointers but those that are said to be NULL must be valid. Functions on different objects
 * may run at once, and on one schedule, too (not on one stream).
 *
 * Units: rates are distance^2/loss, gradient norms loss/distance, bounds are losses; steps count from 0. In trainers'
 * terms rates are learning rates, and distance = 1 and grad_norm = 1 leave bounds comparable between schedules.
 *
 * grad_norm, norms: norms = 1 is one gradient norm for all steps, else there is one per step, norms >= the number of
 * steps; finite, >= 0. grad_norm = NULL with norms = 0 stands for 1.
 */
#ifndef SCHEDULED_H
#define SCHEDULED_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum scheduled_code {
  SCHEDULED_OK = 0,
  SCHEDULED_BAD_ARGUMENT = 1, /* an argument is not allowed: see the fields of the error */
  SCHEDULED_NO_MEMORY = 2,
  SCHEDULED_FAILED = 3 /* anything else; the message says what */
};

/* Version of the library, "major.minor.patch". */
const char* scheduled_version(void);

/* What was wrong. Texts are never NULL; those that do not apply are empty. */
typedef struct scheduled_error {
  int code;                /* enum scheduled_code */
  const char* message;     /* all of it in one line: "lr[17] = nan: must be finite and >= 0" */
  const char* name;        /* the argument, as in the declaration; or the key of the spec */
  int64_t index;           /* entry of a series, from 0; -1: none */
  const char* value;       /* as text */
  const char* requirement; /* what it must be */
  const char* source;      /* where it was read: a file's or text's name */
  int64_t line;            /* from 1; 0: not known */
  int64_t column;          /* from 1; 0: not known */
} scheduled_error;

/* The error of the last call of this thread that returned another code than SCHEDULED_OK. Never NULL; code is
 * SCHEDULED_OK before the first. Valid until the next such call of this thread. */
const scheduled_error* scheduled_last_error(void);

/* ---- Schedules. */

/* An immutable schedule. */
typedef struct scheduled_schedule scheduled_schedule;

/* Reads a spec such as "wsd(steps=50k, cooldown=20%, peak=1e-3)", or its JSON form; docs/guide/schedules.md has the
 * language. A spec without a horizon gets `default_steps` steps; 0: it stays without one. spec: ends with a 0.
 * *schedule is to be freed. O(length of spec). */
int scheduled_parse(const char* spec, int64_t default_steps, scheduled_schedule** schedule);

/* NULL is allowed. */
void scheduled_free(scheduled_schedule* schedule);

/* Writes the canonical spec, cut off to `size` bytes with a 0 at the end, and returns its whole length without the 0,
 * as snprintf does: text = NULL with size = 0 asks for the length. -1: an error. scheduled_parse(text) gives an equal
 * schedule.
 */
int64_t scheduled_print(const scheduled_schedule* schedule, char* text, int64_t size);

/* The horizon in steps; 0: none. O(1). */
int64_t scheduled_steps(const scheduled_schedule* schedule);

/* The rate of update `step` (from 0) [distance^2/loss]. Past the horizon that of the last step; a step < 0 reads as 0.
 * No errors, O(1), no allocation. */
double scheduled_rate(const scheduled_schedule* schedule, int64_t step);

/* lr[k] = scheduled_rate(schedule, first + k) for k < count, bit for bit. first, count >= 0. 1 to 10 ns a rate. */
int scheduled_fill(const scheduled_schedule* schedule, int64_t first, double* lr, int64_t count);

/* The peak with the smallest bound of the last iterate after `steps` steps (0: at the horizon), and that bound. The
 * schedule's own peak does not matter. distance > 0. peak, bound: either may be NULL. O(steps). */
int scheduled_best_peak(const scheduled_schedule* schedule, int64_t steps, const double* grad_norm, int64_t norms,
                        double distance, double* peak, double* bound);

/* ---- Bounds of a series of rates: lr[0] ... lr[steps-1], steps >= 1, finite, >= 0, the last one > 0; distance > 0. */

/* The last-iterate bound Omega = 1/2 [D^2/u_0 + lr_T G_T^2 + sum_{k<T} lr_k^2 G_k^2/u_k], u_k = lr_{k+1} + ... + lr_T
 * (docs/theory.md, (1.2)) [loss]. Relative error <= 1e-15 (1 + log2 steps). O(steps), no allocation. */
int scheduled_bound(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, double distance,
                    double* bound);

/* bound[t-1] = the bound after t steps, for t = 1 ... steps; infinite before the first positive rate. Relative error
 * <= tolerance, within [1e-14, 0.1]. O(steps log(1/tolerance)). */
int scheduled_curve(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, double distance,
                    double tolerance, double* bound);

/* The exact worst case of f(x_T) - f* over all convex f (docs/theory.md, section 6) [loss]. The last rate may be 0.
 * O(steps). */
int scheduled_worst_case(const double* lr, int64_t steps, const double* grad_norm, int64_t norms, double distance,
                         double* worst_case);

/* ---- The bound step by step, inside a training loop. */

/* The state of the stream; some kilobytes, whatever the number of steps. */
typedef struct scheduled_stream scheduled_stream;

/* distance within [1e-40, 1e40]. *stream is to be freed. */
int scheduled_stream_create(double distance, scheduled_stream** stream);

/* NULL is allowed. */
void scheduled_stream_free(scheduled_stream* stream);

/* A copy that goes on independently: a branch of the run. *copy is to be freed. */
int scheduled_stream_copy(const scheduled_stream* stream, scheduled_stream** copy);

/* One update with the rate lr, 0 or within [1e-60, 1e60], and gradient norm grad_norm, 0 or within [1e-40, 1e40].
 * *bound, unless NULL, is the bound after it. Where it fails the stream is unchanged. 100 to 300 ns. */
int scheduled_stream_push(scheduled_stream* stream, double lr, double grad_norm, double* bound);

/* `count` >= 0 steps without an update, as after an overflow of the loss scale: they count as steps with the rate 0. */
int scheduled_stream_skip(scheduled_stream* stream, int64_t count);

/* The bound so far; infinite before the first positive rate. O(1). */
double scheduled_stream_value(const scheduled_stream* stream);

/* Steps so far, those skipped included. O(1). */
int64_t scheduled_stream_steps(const scheduled_stream* stream);

/* The whole state as one line of JSON, written as by scheduled_print. A stream restored from it goes on with the same
 * bits. */
int64_t scheduled_stream_save(const scheduled_stream* stream, char* text, int64_t size);

/* text: what scheduled_stream_save wrote, ends with a 0. *stream is to be freed. */
int scheduled_stream_restore(const char* text, scheduled_stream** stream);

#ifdef __cplusplus
}
#endif

#endif
