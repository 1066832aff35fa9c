// Pages and tables that are measured by hours or minutes of computing; each prints to standard output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace scheduled::reports {

/// docs/anytime.md from the logs of tools/experiment.py; its pictures into `pictures`, where that is not empty. Throws
/// ArgumentError that names the log that is missing.
void anytime(const std::filesystem::path& logs, const std::filesystem::path& pictures);

/// docs/exact.md: the exact worst case beside (6.2), the SDP and Omega, for the paper's schedules and for the norms that
/// the runs in `logs` have; averages beside cooldowns; the worst function of three steps, drawn into `picture` where
/// that is not empty. Needs csdp; a minute.
void exact(const std::filesystem::path& logs, const std::filesystem::path& picture);

/// docs/laws.md: every law fitted and tested on the same split, virtual cooldowns against real ones. `data` holds mpl/
/// and paper-logs/; `parts` are of law_parts(), all where empty. Minutes on two cores.
void laws(const std::filesystem::path& data, const std::vector<std::string>& parts);
const std::vector<std::string>& law_parts();

/// docs/pep.md: the exact worst case (6.1)-(6.2) beside the certified interval of the performance-estimation SDP and
/// Omega, for six schedules at their best base LR and 50 random ones, T = 2 ... 120. Needs csdp; takes minutes. Returns
/// whether all agree to 1e-6.
bool pep();

/// docs/published.md: the presets, each scaled to 20k steps and at its best peak, by bound and exact worst case; its
/// picture into `pictures`, where that is not empty.
void published(const std::filesystem::path& pictures);

/// What the headers promise for many steps (1e8: minutes, 2.2 GB): memory and error of the curve, error of the stream.
/// Returns whether they hold.
bool long_runs(std::int64_t steps);

}  // namespace scheduled::reports
