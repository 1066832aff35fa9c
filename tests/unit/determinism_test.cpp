// The same input gives the same bits with every compiler and C library: the hashes below were taken once and must hold
// on every machine. A new schedule adds its lines (the failing test prints them) and changes none.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <iomanip>
#include <limits>
#include <map>
#include <sstream>
#include <string>

#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

class Hash {  // FNV-1a
 public:
  void add(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) state_ = (state_ ^ (bits >> shift & 0xffU)) * 1099511628211ULL;
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 14695981039346656037ULL;
};

using Hashes = std::map<std::string, std::uint64_t>;

void expect_same(const Hashes& found, const Hashes& expected) {
  for (const auto& [name, hash] : found) {
    const auto line = expected.find(name);
    std::ostringstream own;
    own << "{\"" << name << "\", 0x" << std::hex << std::setw(16) << std::setfill('0') << hash << "},";
    EXPECT_TRUE(line != expected.end() && line->second == hash) << own.str();
  }
  for (const auto& [name, hash] : expected) EXPECT_TRUE(found.contains(name)) << name;
}

TEST(Determinism, Rates) {
  Hashes found;
  for (const ScheduleHelp& line : schedule_help()) {
    Hash hash;
    for (const double rate : Schedule::parse(line.example).values(100000)) hash.add(rate);
    found[std::string(line.name)] = hash.value();
  }
  expect_same(found, {
                         {"1-sqrt", 0xccd94488e22cf52c},
                         {"constant", 0x97c13e33d62e67eb},
                         {"cosine", 0x2295a23d0a922c3e},
                         {"exponential", 0xf87f7d97c7676516},
                         {"exponential-to-zero", 0xda13570f852f91a0},
                         {"half-cosine", 0x6fc24b5d9689698a},
                         {"infinite", 0x1c872f8f9eca59c7},
                         {"inverse-power", 0xd635fc99ac7513b7},
                         {"inverse-proportional", 0x0fbac4cbdd71f4f4},
                         {"linear", 0x93e540bbe1de527d},
                         {"lowered-linear", 0x264bafb8b8be02d1},
                         {"mirror-cosine", 0x41b90bcf4a633ad4},
                         {"noam", 0x2112a9fd224b0612},
                         {"piecewise", 0xb2786d6cd9bd2f05},
                         {"polynomial", 0x6923b227dce6360a},
                         {"power", 0x5d965676c0f938f3},
                         {"restarts", 0x83e5edd3af00c42a},
                         {"rsqrt", 0x5c982676f18d69da},
                         {"square", 0xd7efefc861214c29},
                         {"stages", 0xaee945f7467fe202},
                         {"table", 0x627a033a7460c7a9},
                         {"triangular", 0xbeab7241a1178256},
                         {"wsd", 0xe6264564f93e172f},
                         {"wsd-s", 0xd276bc4d64585783},
                     });
}

TEST(Determinism, BoundsOfExamples) {
  Hashes found;
  for (const ScheduleHelp& line : schedule_help()) {
    const auto rates = bound_rates(Schedule::parse(line.example), 3);
    Hash hash;
    hash.add(omega(rates, 1.0, 1.0));
    found[std::string(line.name)] = hash.value();
  }
  expect_same(found, {
                         {"1-sqrt", 0x13792cabce997022},
                         {"constant", 0xc98d96eb9fd8affe},
                         {"cosine", 0xe744ff2c0e56006f},
                         {"exponential", 0x4cdfc2f9b3da31cc},
                         {"exponential-to-zero", 0x964788d545242c63},
                         {"half-cosine", 0x13be1b7e923ce510},
                         {"infinite", 0xfe3e78dc5df4bc5e},
                         {"inverse-power", 0xf7d3e727d8a8f4f7},
                         {"inverse-proportional", 0x4208309b1487d382},
                         {"linear", 0x4389638ef047b1ba},
                         {"lowered-linear", 0x5bad4d0232c4181f},
                         {"mirror-cosine", 0x42a0a2858602de28},
                         {"noam", 0xd1c0a2ee31dc4dbc},
                         {"piecewise", 0x0470117effa297af},
                         {"polynomial", 0x60724a085090d244},
                         {"power", 0x86837a03c4d81432},
                         {"restarts", 0xe744ff2c0e56006f},
                         {"rsqrt", 0x776d198988a4783c},
                         {"square", 0xc62067584f60716a},
                         {"stages", 0xf0a82982842b0892},
                         {"table", 0x7f04ae81ede17c88},
                         {"triangular", 0x549916ed06c4d0f3},
                         {"wsd", 0x5bce7048654f58fa},
                         {"wsd-s", 0x0470117effa297af},
                     });
}

TEST(Determinism, Bounds) {
  Hashes found;
  for (const char* spec : {"wsd(steps=20001)", "cosine(steps=20001)", "wsd(steps=3001, final=1e-3)",
                           "polynomial(steps=5000, power=1.3)", "inverse-power(steps=5000, alpha=0.3)"}) {
    Hash hash;
    const Schedule s = Schedule::parse(spec);
    const auto norms = power_grad_norm(-0.37, *s.steps());
    const BestBaseLr best = best_base_lr(s, {.grad_norm = norms, .distance = 1.7});
    hash.add(best.peak);
    hash.add(best.bound);
    std::vector<double> gradient(bound_rates(s).size());
    omega_gradient(bound_rates(s), norms, 1.7, gradient);
    for (const double value : gradient) hash.add(value);
    hash.add(omega_split(bound_rates(s), norms, 1.7).last);
    hash.add(standard_bound(bound_rates(s), norms, 1.7));
    found[spec] = hash.value();
  }
  expect_same(found, {
                         {"cosine(steps=20001)", 0x043bf85ca704ee8f},
                         {"inverse-power(steps=5000, alpha=0.3)", 0xe4c79157e29c7900},
                         {"polynomial(steps=5000, power=1.3)", 0xd583c23b6a42410f},
                         {"wsd(steps=20001)", 0xece5e9ebbc767b77},
                         {"wsd(steps=3001, final=1e-3)", 0xb07fcbfa643f2312},
                     });
}

TEST(Determinism, Designs) {
  Hashes found;
  const auto add = [&found](const std::string& name, const std::vector<double>& values) {
    Hash hash;
    for (const double value : values) hash.add(value);
    found[name] = hash.value();
  };
  const auto norms = power_grad_norm(-0.37, 5001);
  const std::vector<double> optimal = optimal_schedule(5000, norms, 1.7).lr;
  add("optimal", optimal);
  add("worst-case optimal", worst_case_optimal_schedule(5000, norms, 1.7).lr);
  const double peak = optimal_schedule(5000, norms).lr[0];
  const auto constrained = constrained_schedule(5000, norms, 1.0,
                                                {.prefix = {0.1 * peak, 0.2 * peak},
                                                 .warmup = linear_warmup(50),
                                                 .max_lr = 0.5 * peak,
                                                 .non_increasing = true,
                                                 .final_lr = 1e-3 * peak});
  add("constrained", constrained.lr);
  add("constrained, lower bound", {constrained.lower_bound});
  add("refined", refine(norms).schedule.values());
  const std::vector<std::int64_t> horizons = {3000, 5001};
  for (const ExtendRow& row :
       extend(Schedule::parse("wsd(steps=2001, peak=0.02)"), 1500, horizons, {.distance = 1.0})) {
    add("extended, " + std::string(name_of(row.method)) + " to " + std::to_string(row.steps), row.lr);
  }
  const LrSensitivity loss = lr_sensitivity(Schedule::parse("wsd(steps=300, final=1e-3)"));
  add("sensitivity", {loss.low, loss.high, loss.at_double});
  expect_same(found, {
                         {"constrained", 0x4e6417504c56502c},
                         {"constrained, lower bound", 0x7b4f20a4d948b88c},
                         {"extended, adapted-cooldown to 3000", 0x97fb0b47ede5ec89},
                         {"extended, adapted-cooldown to 5001", 0x57b7106507a34a8e},
                         {"extended, drop to 3000", 0x68c2fbf9e8e87c94},
                         {"extended, drop to 5001", 0xfafe3204f84b2b0b},
                         {"extended, naive to 3000", 0x9d4b2a93b94a3e3a},
                         {"extended, naive to 5001", 0x0bfc5ab0947c1e65},
                         {"extended, optimal to 3000", 0x2dc56e71ea243d99},
                         {"extended, optimal to 5001", 0x9360848271853dd9},
                         {"optimal", 0x19e41d62d105e7a4},
                         {"refined", 0xf7f69357b4eb2509},
                         {"sensitivity", 0xdb52775984697f11},
                         {"worst-case optimal", 0x79c955d429a2a290},
                     });
}

/// The ends of rates that are logged for 80 of 100 steps of a cooldown, continued.
TEST(Determinism, ContinuedRates) {
  Hashes found;
  for (const char* decay : {"linear", "cosine", "1-sqrt"}) {
    const Schedule schedule =
        Schedule::parse(std::string("wsd(steps=200, cooldown=100, peak=1e-3, decay=") + decay + ")");
    RunLog log;
    log.name = "run";
    for (std::int64_t step = 0; step < 200; step += 4) {
      log.step.push_back(step);
      log.column["lr"].push_back(step < 180 ? schedule.lr(step) : std::numeric_limits<double>::quiet_NaN());
    }
    const auto tail = rate_tail(log);
    ASSERT_TRUE(tail) << decay;
    EXPECT_EQ(tail->shape, decay);
    Hash hash;
    hash.add(tail->zero_at);
    const RunLog whole = continue_rates(log);
    for (const double rate : whole.at("lr")) hash.add(rate);
    found[decay] = hash.value();
  }
  expect_same(found, {
                         {"1-sqrt", 0x549502dba479823e},
                         {"cosine", 0x84bbdfddd79edaaf},
                         {"linear", 0x5ac77bc44ef5b943},
                     });
}

}  // namespace
}  // namespace scheduled
