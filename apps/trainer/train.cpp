#include "trainer/train.hpp"
#include "scheduled/error.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "base/error.hpp"
#include "scheduled/anytime.hpp"
#include "scheduled/trunk.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/record_access.hpp"

namespace scheduled::trainer {
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

StoreOptions store_options(const Corpus& corpus, const TrainRequest& request, const TrainHooks& hooks) {
  StoreOptions options;
  options.code_version = "scheduled train " + std::string(version()) + ", " + torch_version();
  options.data = std::to_string(corpus.train_bytes()) + " bytes, xxh3 " + corpus.train_sum();
  options.lease = request.lease;
  options.on_wait = hooks.warn;
  return options;
}

/// The store, opened or made, and the line to train.
class Training {
 public:
  Training(const TrainRequest& request, const TrainHooks& hooks);
  TrainResult run();

 private:
  void open();
  void keep_open(RunStore store) {
    store_.emplace(std::move(store), request_.run, store_options(corpus_, request_, hooks_), request_.shared);
  }
  [[noreturn]] void refuse_without_trunk() const;
  void begin_branch();
  void begin();
  std::int64_t end_of(const std::optional<std::int64_t>& horizon, std::int64_t at) const;
  void check_keep(const RunRecord* record) const;  ///< nothing: of a new run
  void check_average();

  void update();
  void log();
  void write_log();
  double evaluate();
  double validation_loss();
  void take_average();
  void commit();
  bool due(std::int64_t every) const { return every > 0 && state_.step % every == 0; }
  bool to_keep() const { return std::find(keep_.begin(), keep_.end(), state_.step) != keep_.end(); }

  const TrainRequest& request_;
  const TrainHooks& hooks_;
  const TrainConfig& config_;
  std::string line_;
  const std::vector<std::int64_t>& keep_;
  Corpus corpus_;
  Layout layout_;
  Identity identity_;
  std::unique_ptr<Learner> learner_;
  std::optional<RecordAccess> store_;

  Schedule schedule_;
  std::optional<std::int64_t> line_end_;
  std::int64_t session_ = 0;
  std::int64_t first_ = 0, end_ = 0, committed_ = 0;
  fs::path folder_;
  TrainState state_;
  Update last_;
  double lr_ = 0.0;
  std::vector<std::uint8_t> windows_;
  Clock::duration spent_{}, recording_{}, committing_{};
};

Training::Training(const TrainRequest& request, const TrainHooks& hooks)
    : request_(request),
      hooks_(hooks),
      config_(request.config),
      line_(request.branch ? request.branch->name : request.line),
      keep_(request.keep),
      corpus_(config_),
      layout_(layout_of(config_.model)),
      identity_(identity_of(config_, corpus_)),
      learner_(make_learner({.model = config_.model,
                             .device = config_.device,
                             .threads = static_cast<int>(config_.threads),
                             .weight_decay = config_.weight_decay,
                             .clip = config_.clip,
                             .grad_norm_l1 = config_.grad_norm_l1})),
      schedule_(config_.schedule) {
  open();
  if (request.branch) begin_branch();
  begin();
}

/// Where this call stops, for a line that is at step `at`.
std::int64_t Training::end_of(const std::optional<std::int64_t>& horizon, std::int64_t at) const {
  if (!request_.until) {
    if (!horizon)
      fail_argument("until", "is missing; " + line_ + " has no horizon, so say to which step it shall train");
    return *horizon;
  }
  const auto refuse = [&](const std::string& why) { fail_value("until", std::to_string(*request_.until), why); };
  if (horizon && *request_.until > *horizon) refuse(line_ + " ends at step " + std::to_string(*horizon));
  if (*request_.until <= at) refuse(line_ + " is at step " + std::to_string(at) + " already");
  return *request_.until;
}

/// Another line than the trunk was asked for, of a run that does not exist: says what to type first.
void Training::refuse_without_trunk() const {
  const std::string run = request_.run.string();
  const char* const what = request_.branch ? "branch" : "line";
  const bool where = request_.branch && request_.branch->at;
  fail_value(what, line_,
             "there is no run in " + run + " yet, and a branch leaves a trunk; start that first: scheduled train " +
                 run + " --config " + config_.file.string() + " --until " +
                 (where ? std::to_string(*request_.branch->at) : "STEP"));
}

void Training::open() {
  const bool there = !can_become_run(request_.run);
  if (!there && line_ != "trunk") refuse_without_trunk();
  if (there) {
    keep_open(request_.shared
                  ? open_when_free(request_.run, std::chrono::minutes(10), store_options(corpus_, request_, hooks_))
                  : RunStore::open(request_.run, RunStore::Access::write, store_options(corpus_, request_, hooks_)));
    return;
  }
  end_ = end_of(schedule_.steps(), 0);
  corpus_.require(end_);
  check_keep(nullptr);
  keep_open(RunStore::init(request_.run, schedule_, store_options(corpus_, request_, hooks_)));
}

/// What a branch cools down by, of a trunk without a horizon or after one that decays.
std::optional<Cooldown> cooldown_of(const Schedule& schedule) {
  if (schedule.spec().cooldown) return schedule.spec().cooldown;
  const auto* const stages = std::get_if<Stages>(&schedule.spec().shape);
  if (stages == nullptr || stages->pieces.size() != 1) return std::nullopt;
  const Stage& piece = stages->pieces.front();
  const auto* const decay = std::get_if<Decay>(&piece.curve);
  if (decay == nullptr || !piece.over || !piece.to || piece.from) return std::nullopt;
  return Cooldown{*piece.over, *decay, *piece.to};
}

/// The branch as asked for, made where it is missing.
void Training::begin_branch() {
  const TrainBranch& branch = *request_.branch;
  const RunRecord record = store_->record();
  const auto at = std::find_if(record.lines.begin(), record.lines.end(),
                               [&](const RecordedLine& line) { return line.name == branch.name; });
  if (at == record.lines.end()) {
    const RecordedLine& trunk = record.line("trunk");
    const std::int64_t start = branch.at.value_or(trunk.step);
    corpus_.require(start + cooldown_steps(branch.cooldown.length, start, trunk.schedule.spec().step_size));
    store_->write([&](RunStore& store) {
      return store.branch({.name = branch.name, .step = branch.at, .cooldown = branch.cooldown});
    });
    return;
  }
  Cooldown wanted = branch.cooldown;
  wanted.length = steps(cooldown_steps(wanted.length, at->start, at->schedule.spec().step_size));
  if (at->parent.empty() || branch.at.value_or(at->start) != at->start || !(cooldown_of(at->schedule) == wanted)) {
    fail_value("branch", branch.name,
               "there is another line of this name, from step " + std::to_string(at->start) + " with " +
                   print(at->schedule) + "; --line goes on with it");
  }
}

void Training::begin() {
  ResumeRequest resume{.line = line_, .override_schedule = request_.override_schedule, .dry_run = true};
  const bool trunk = store_->record().line(line_).parent.empty();
  if (trunk) resume.schedule = schedule_;
  const auto resumed = [&](RunStore& store) { return store.resume(resume); };
  const Resume planned = store_->write(resumed);
  end_ = end_of(planned.schedule.steps(), planned.step);
  corpus_.require(end_);
  const RunRecord record = store_->record();
  check_keep(&record);
  Weights weights{initial_weights(layout_, config_.seed), {}, {}};
  if (planned.folder.empty()) {
    weights.first.resize(weights.values.size());
    weights.second.resize(weights.values.size());
    state_.omega = OmegaStream(config_.distance);
  } else {
    state_ = read_checkpoint(planned.folder, layout_, identity_, weights);
    if (state_.step != planned.step) {
      throw ArgumentError({.requirement = "holds the state of step " + std::to_string(state_.step) +
                                          ", but was committed as step " + std::to_string(planned.step),
                           .place = Place{planned.folder.string()}});
    }
  }
  check_average();
  learner_->load(weights);
  resume.dry_run = false;
  const Resume begun = store_->write(resumed);
  for (const std::string& damage : begun.damaged) hooks_.warn(damage + "; the one before is used");
  schedule_ = begun.schedule;
  line_end_ = schedule_.steps();
  session_ = begun.session;
  first_ = committed_ = begun.step;
  folder_ = begun.folder;
}

/// Of a checkpoint without the average of what came before, a mean would be one of something else; and an average that
/// was made otherwise would be mixed with this one.
void Training::check_average() {
  if (!config_.average) {
    state_.average = {};
    return;
  }
  if (state_.average.step <= config_.average->from) state_.average = {};  // nothing of it is beyond `from`
  if (const auto& how = state_.average.how; how && *how != *config_.average) {
    fail_value(
        "average", text_of(*config_.average),
        concat({"the average in the checkpoint of step ", std::to_string(state_.step), " was made with ", text_of(*how),
                "; go on with that, or begin another one here, with from ", std::to_string(state_.step)}));
  }
  const bool mean = config_.average->half_life == 0.0 && config_.average->share == 0.0;
  if (!mean || !state_.average.values.empty() || state_.step <= config_.average->from) return;
  fail_value("average.from", std::to_string(config_.average->from),
             "the checkpoint of step " + std::to_string(state_.step) + " has no average; it can begin there, from " +
                 std::to_string(state_.step) + " on");
}

void Training::check_keep(const RunRecord* record) const {
  for (const std::int64_t step : keep_) {
    const auto refuse = [step](const std::string& why) { fail_value("keep", std::to_string(step), why); };
    if (step > end_) refuse("must be at most " + std::to_string(end_) + ", where this training stops");
    if (record == nullptr || step > record->line(line_).step) continue;
    const auto at = std::find_if(record->checkpoints.begin(), record->checkpoints.end(), [&](const auto& checkpoint) {
      return checkpoint.line == line_ && checkpoint.step == step && checkpoint.state == RecordedCheckpoint::State::live;
    });
    if (at == record->checkpoints.end()) {
      refuse(line_ + " is at step " + std::to_string(record->line(line_).step) + " and has no checkpoint there");
    }
    if (!at->keep) {
      refuse(
          "this checkpoint was made without --keep, so run gc may delete it; begin its branch now: scheduled run "
          "branch " +
          request_.run.string() + " NAME --at " + std::to_string(step));
    }
  }
}

double Training::validation_loss() {
  double total = 0.0;
  std::int64_t tokens = 0;
  const std::int64_t context = config_.model.context;
  for (std::int64_t k = 0; k < corpus_.validation_batches(); ++k) {
    corpus_.validation_batch(k, windows_);
    total += learner_->total_loss(windows_);
    tokens += static_cast<std::int64_t>(windows_.size()) / (context + 1) * context;
  }
  return total / static_cast<double>(tokens);
}

double Training::evaluate() {
  const double loss = validation_loss();
  std::vector<Metric> metrics{{state_.step, "val_loss", loss}};
  if (config_.average && !state_.average.values.empty()) {
    const Weights own = learner_->save();
    learner_->load({state_.average.rounded(), own.first, own.second});
    metrics.push_back({state_.step, "val_loss_average", validation_loss()});
    learner_->load(own);
  }
  store_->log(line_, metrics, session_);
  return loss;
}

/// The weights after this update, where they count.
void Training::take_average() {
  if (!config_.average || !state_.average.wants(*config_.average, state_.step)) return;
  state_.average.add(*config_.average, state_.step, learner_->save().values);
}

void Training::update() {
  const auto begin = Clock::now();
  corpus_.batch(state_.step, windows_);
  lr_ = schedule_.lr(state_.step);
  last_ = learner_->update(windows_, lr_, state_.step + 1);
  ++state_.step;
  if (!std::isfinite(last_.loss) || !std::isfinite(last_.grad_norm)) {
    throw std::runtime_error("training diverged: update " + std::to_string(state_.step) + " of " + line_ +
                             " has train_loss " + format_number(last_.loss) + " and grad_norm " +
                             format_number(last_.grad_norm) + " at LR " + format_number(lr_) +
                             "; the last checkpoint is that of step " + std::to_string(committed_) +
                             "; a smaller peak or a longer warmup may help");
  }
  spent_ += Clock::now() - begin;
}

/// After every update; what is due goes into the store.
void Training::log() {
  const auto begin = Clock::now();
  state_.omega.push(lr_, last_.grad_norm);
  state_.loss_sum += last_.loss;
  ++state_.loss_count;
  if (due(config_.log_every) || state_.step == line_end_) write_log();
  recording_ += Clock::now() - begin;
}

void Training::write_log() {
  const double tokens = static_cast<double>(state_.step) * static_cast<double>(config_.batch * config_.model.context);
  std::vector<Metric> metrics{{state_.step, "lr", lr_},
                              {state_.step, "train_loss", state_.loss_sum / static_cast<double>(state_.loss_count)},
                              {state_.step, "grad_norm", last_.grad_norm},
                              {state_.step, "omega", state_.omega.value()},
                              {state_.step, "tokens", tokens}};
  if (config_.grad_norm_l1) metrics.push_back({state_.step, "grad_norm_l1", last_.grad_norm_l1});
  store_->log(line_, metrics, session_);
  state_.loss_sum = 0.0;
  state_.loss_count = 0;
}

void Training::commit() {
  const auto begin = Clock::now();
  const Weights weights = learner_->save();
  const CommitRequest request{
      .line = line_,
      .step = state_.step,
      .data_position = "batch " + std::to_string(state_.step) + " of " + std::to_string(corpus_.steps()),
      .rng_state = "seed " + std::to_string(config_.seed),
      .keep = to_keep(),
      .session = session_};
  const RecordedCheckpoint checkpoint = store_->write([&](RunStore& store) {
    return store.commit(request,
                        [&](const fs::path& folder) { write_checkpoint(folder, layout_, weights, state_, identity_); });
  });
  committed_ = state_.step;
  folder_ = request_.run / checkpoint.folder;
  committing_ += Clock::now() - begin;
}

TrainResult Training::run() {
  TrainResult result{.line = line_, .first = first_, .end = end_, .parameters = layout_.total};
  const RecordedLine line = store_->record().line(line_);
  if (!line.parent.empty() && first_ == line.start) evaluate();  // where the cooldown begins
  const std::int64_t tokens = config_.batch * config_.model.context;
  while (state_.step < end_ && !result.stopped) {
    update();
    hooks_.progress({state_.step, first_, end_, last_.loss, lr_, (state_.step - first_) * tokens});
    take_average();
    result.stopped = state_.step < end_ && hooks_.stop();
    log();
    if (state_.step == end_) {
      result.val_loss = evaluate();
    } else if (due(config_.evaluate_every) || to_keep()) {
      evaluate();
    }
    if (state_.step == end_ || result.stopped || due(config_.checkpoint_every) || to_keep()) commit();
  }
  result.step = state_.step;
  result.folder = folder_;
  const auto seconds = [](Clock::duration duration) { return std::chrono::duration<double>(duration).count(); };
  result.seconds = seconds(spent_);
  result.recording = seconds(recording_);
  result.committing = seconds(committing_);
  result.tokens_per_second = static_cast<double>((state_.step - first_) * tokens) / result.seconds;
  return result;
}

}  // namespace

TrainResult train(const TrainRequest& request, const TrainHooks& hooks) { return Training(request, hooks).run(); }

}  // namespace scheduled::trainer
