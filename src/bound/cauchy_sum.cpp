// sum_{k<t} q_k/(S_t - S_k) for every t: a Cauchy sum over sorted nodes, done by a one-dimensional fast multipole
// method. The steps are halved into a binary tree of clusters. A cluster of sources is replaced by `order`
// equivalent sources at Chebyshev nodes; what far sources do to a cluster of targets is a polynomial through as many
// nodes. Two clusters are far when each is at least three of its radii away from the other, seen from its centre: the
// error of either replacement then falls like (3 + sqrt(8))^-order = 5.83^-order. All terms are positive, so that
// errors relative to each term are errors relative to the sum.
//
// Distances are never differences of prefix sums, which would cancel where the rates are small: the gap between two
// clusters is carried down the recursion and only ever added to, positions in a cluster count from its near end.
#include "bound/cauchy_sum.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "bound/kernels/curve.hpp"

namespace scheduled {
namespace {

using kernels::max_order;
constexpr std::size_t max_leaf = 128;
constexpr double separation = 3.0;  // of a centre from the other cluster's near end, in radii

/// Clusters [begin, end) of the steps; children of node i are 2i + 1 and 2i + 2, all leaves are on one level.
struct Cluster {
  std::size_t node;
  std::size_t begin;
  std::size_t end;
  int level;
  std::size_t size() const { return end - begin; }
  std::size_t middle() const { return begin + (end - begin) / 2; }
  Cluster left() const { return {2 * node + 1, begin, middle(), level + 1}; }
  Cluster right() const { return {2 * node + 2, middle(), end, level + 1}; }
};

class CauchySum {
 public:
  CauchySum(const CurveProblem& problem, std::size_t order, std::span<double> sums)
      : problem_(problem), order_(order), sums_(sums) {
    const std::size_t leaf = problem.lr.size() > 10'000'000 ? max_leaf : max_leaf / 2;
    while ((problem.lr.size() >> static_cast<unsigned>(levels_)) > leaf) ++levels_;
    task_level_ = std::min(levels_, 6);
    const std::size_t nodes = (std::size_t{2} << static_cast<unsigned>(levels_)) - 1;
    width_ = interruptible_zeros(nodes);
    source_ = interruptible_zeros(nodes * order);
    local_ = interruptible_zeros(nodes * order);
    for (std::size_t i = 0; i < order; ++i) {
      for (std::size_t j = 0; j < order; ++j) {
        const double entry = (j == 0 ? 1.0 : 2.0 * chebyshev(j * (2 * i + 1))) / static_cast<double>(order);
        to_charges_[j * order + i] = entry;
        to_series_[i * order + j] = entry;
      }
      node_[i] = chebyshev(2 * i + 1);
    }
  }

  /// sums[t] += sum over k < t of weight_k/(S_t - S_k).
  void run(int threads) {
    const Cluster root{0, 0, problem_.lr.size(), 0};
    std::vector<Task> tasks;
    list_tasks(root, tasks);
    for_each_index(tasks.size(), threads, [&](std::size_t i) { collect_sources(tasks[i].targets); });
    collect_top(root);
    interact_top(root, tasks);
    push_down_top(root);
    for_each_index(tasks.size(), threads, [&](std::size_t i) {
      const Task& task = tasks[i];
      for (const Pair& pair : task.pairs) interact(pair.targets, pair.sources, pair.gap);
      interact_within(task.targets);
      push_down(task.targets);
    });
  }

 private:
  struct Pair {
    Cluster targets;
    Cluster sources;
    double gap;
  };
  /// A subtree of targets: what one thread does at a time. The order of additions to a target does not depend on the
  /// number of threads.
  struct Task {
    Cluster targets;
    std::vector<Pair> pairs;
  };

  /// cos(pi m/(2 order)), from half_cosine, which has the same bits everywhere: cos(pi x) = 2 half_cosine(x) - 1, and
  /// -sin(pi (x - 1/2)) = cos(pi x) keeps small values accurate.
  double chebyshev(std::size_t m) const {
    const std::size_t period = 4 * order_;
    m %= period;
    if (m > 2 * order_) m = period - m;
    const double x = static_cast<double>(m) / static_cast<double>(2 * order_);
    return elementary::half_cosine(x, 1.0 - x) - elementary::half_cosine(1.0 - x, x);
  }

  bool is_leaf(const Cluster& c) const { return c.level == levels_; }
  double* sources_of(const Cluster& c) { return source_.data() + c.node * order_; }
  double* local_of(const Cluster& c) { return local_.data() + c.node * order_; }

  void list_tasks(const Cluster& c, std::vector<Task>& tasks) const {
    if (c.level == task_level_) {
      tasks.push_back({c, {}});
      return;
    }
    list_tasks(c.left(), tasks);
    list_tasks(c.right(), tasks);
  }

  // Upwards: equivalent sources ----------------------------------------------------------------------------------

  /// Positions of a leaf's steps in [-1, 1].
  void leaf_positions(const Cluster& c, double* x) const {
    double at = 0.0;
    x[0] = 0.0;
    for (std::size_t i = 1; i < c.size(); ++i) x[i] = at += problem_.rate(c.begin + i);
    const double inverse = at > 0.0 ? 2.0 / at : 0.0;
    for (std::size_t i = 0; i < c.size(); ++i) x[i] = x[i] * inverse - 1.0;
  }

  /// Positions of the nodes of both children in their parent's [-1, 1], left child first.
  void child_positions(const Cluster& c, double* x) const {
    const double scale = 2.0 / width_[c.node];
    const double half_left = 0.5 * width_[c.left().node];
    const double half_right = 0.5 * width_[c.right().node];
    const double right_begin = width_[c.node] - width_[c.right().node];
    for (std::size_t i = 0; i < order_; ++i) {
      x[i] = half_left * (1.0 + node_[i]) * scale - 1.0;
      x[order_ + i] = (right_begin + half_right * (1.0 + node_[i])) * scale - 1.0;
    }
  }

  void collect_leaf(const Cluster& c) {
    Interruption::poll();
    std::array<double, max_leaf> x;
    std::array<double, max_leaf> weight;
    std::array<double, max_order> moment;
    double width = 0.0;
    for (std::size_t i = c.begin + 1; i < c.end; ++i) width += problem_.rate(i);
    width_[c.node] = width;
    leaf_positions(c, x.data());
    for (std::size_t i = 0; i < c.size(); ++i) weight[i] = problem_.weight(c.begin + i);
    kernels::chebyshev_moments(x.data(), weight.data(), c.size(), order_, moment.data());
    kernels::transform(to_charges_.data(), moment.data(), order_, sources_of(c));
  }

  void merge_children(const Cluster& c) {
    std::array<double, 2 * max_order> x;
    std::array<double, max_order> moment;
    width_[c.node] = width_[c.left().node] + problem_.rate(c.middle()) + width_[c.right().node];
    child_positions(c, x.data());
    kernels::chebyshev_moments(x.data(), sources_of(c.left()), 2 * order_, order_, moment.data());
    kernels::transform(to_charges_.data(), moment.data(), order_, sources_of(c));
  }

  void collect_sources(const Cluster& c) {
    if (is_leaf(c)) return collect_leaf(c);
    collect_sources(c.left());
    collect_sources(c.right());
    merge_children(c);
  }

  void collect_top(const Cluster& c) {
    if (c.level == task_level_) return;
    collect_top(c.left());
    collect_top(c.right());
    merge_children(c);
  }

  // Across -------------------------------------------------------------------------------------------------------

  /// Distances of a cluster's nodes from its near end: the first step for targets, the last for sources.
  void node_distances(const Cluster& c, double sign, double gap, double* distance) const {
    const double half = 0.5 * width_[c.node];
    for (std::size_t i = 0; i < order_; ++i) distance[i] = gap + half * (1.0 + sign * node_[i]);
  }

  /// Adds what `sources` do to `targets`, all of which come later; gap is the distance from the last source to the
  /// first target. Far sides are taken at their nodes, near ones step by step.
  void apply(const Cluster& targets, bool targets_far, const Cluster& sources, bool sources_far, double gap) {
    std::array<double, max_leaf> base;
    std::array<double, max_leaf> offset;
    std::array<double, max_leaf> weight;
    std::size_t target_count = order_;
    double* sum = local_of(targets);
    if (targets_far) {
      node_distances(targets, 1.0, gap, base.data());
    } else {
      target_count = targets.size();
      sum = sums_.data() + targets.begin;
      double at = gap;
      for (std::size_t i = 0; i < target_count; ++i) {
        if (i > 0) at += problem_.rate(targets.begin + i);
        base[i] = at;
      }
    }
    std::size_t source_count = order_;
    const double* charge = sources_of(sources);
    if (sources_far) {
      node_distances(sources, -1.0, 0.0, offset.data());
    } else {
      source_count = sources.size();
      charge = weight.data();
      step_sources(sources.begin, sources.end, offset.data(), weight.data());
    }
    kernels::add_reciprocals(base.data(), target_count, offset.data(), charge, source_count, gap, sum);
  }

  /// Steps begin ... end - 1 as sources: distance from the last of them, and weight.
  void step_sources(std::size_t begin, std::size_t end, double* offset, double* weight) const {
    double at = 0.0;
    for (std::size_t i = end; i-- > begin;) {
      offset[i - begin] = at;
      at += problem_.rate(i);
      weight[i - begin] = problem_.weight(i);
    }
  }

  /// Takes what it can of a pair; true where the pair has to be split.
  bool must_split(const Cluster& targets, const Cluster& sources, double gap) {
    const bool targets_far = gap >= (separation - 1.0) * 0.5 * width_[targets.node];
    const bool sources_far = gap >= (separation - 1.0) * 0.5 * width_[sources.node];
    const bool ready = (targets_far || is_leaf(targets)) && (sources_far || is_leaf(sources));
    if (ready) apply(targets, targets_far, sources, sources_far, gap);
    return !ready;
  }

  /// Calls next(targets, sources, gap) for the two halves of a pair that has to be split.
  template <class Next>
  void split(const Cluster& targets, const Cluster& sources, double gap, const Next& next) {
    if (!is_leaf(targets) && (is_leaf(sources) || width_[targets.node] >= width_[sources.node])) {
      const Cluster left = targets.left();
      const Cluster right = targets.right();
      next(left, sources, gap);
      next(right, sources, gap + (width_[left.node] + problem_.rate(right.begin)));
    } else {
      const Cluster left = sources.left();
      const Cluster right = sources.right();
      next(targets, left, gap + (width_[right.node] + problem_.rate(right.begin)));
      next(targets, right, gap);
    }
  }

  void interact(const Cluster& targets, const Cluster& sources, double gap) {
    if (!must_split(targets, sources, gap)) return;
    split(targets, sources, gap, [this](const Cluster& t, const Cluster& s, double g) { interact(t, s, g); });
  }

  void interact_within(const Cluster& c) {
    if (is_leaf(c)) return interact_leaf(c);
    interact_within(c.left());
    interact(c.right(), c.left(), problem_.rate(c.middle()));
    interact_within(c.right());
  }

  /// Eight targets at a time: all steps of the leaf before them at once, then the eight among themselves.
  void interact_leaf(const Cluster& c) {
    Interruption::poll();
    std::array<double, 8> base;
    std::array<double, 8> rate;
    std::array<double, max_leaf> offset;
    std::array<double, max_leaf> weight;
    for (std::size_t begin = c.begin; begin < c.end; begin += base.size()) {
      const std::size_t count = std::min(base.size(), c.end - begin);
      double* const sums = sums_.data() + begin;
      double at = 0.0;
      for (std::size_t i = 0; i < count; ++i) {
        rate[i] = problem_.rate(begin + i);
        base[i] = at += rate[i];
      }
      step_sources(c.begin, begin, offset.data(), weight.data());
      kernels::add_reciprocals(base.data(), count, offset.data(), weight.data(), begin - c.begin, base[0], sums);
      for (std::size_t i = 0; i < count; ++i) weight[i] = problem_.weight(begin + i);
      for (std::size_t i = count; i < rate.size(); ++i) rate[i] = weight[i] = 1.0;
      if (count == rate.size()) {
        kernels::add_eight_reciprocals(rate.data(), weight.data(), sums);
      } else {
        std::array<double, 8> sum{};
        kernels::add_eight_reciprocals(rate.data(), weight.data(), sum.data());
        for (std::size_t i = 0; i < count; ++i) sums[i] += sum[i];
      }
    }
  }

  void pair_top(const Cluster& targets, const Cluster& sources, double gap, std::vector<Task>& tasks) {
    if (targets.level >= task_level_) {
      // Number of the subtree that holds the targets.
      const std::size_t first = (std::size_t{1} << static_cast<unsigned>(task_level_)) - 1;
      std::size_t node = targets.node;
      for (int level = targets.level; level > task_level_; --level) node = (node - 1) / 2;
      tasks[node - first].pairs.push_back({targets, sources, gap});
      return;
    }
    if (!must_split(targets, sources, gap)) return;
    split(targets, sources, gap, [&](const Cluster& t, const Cluster& s, double g) { pair_top(t, s, g, tasks); });
  }

  void interact_top(const Cluster& c, std::vector<Task>& tasks) {
    if (c.level == task_level_) return;
    interact_top(c.left(), tasks);
    pair_top(c.right(), c.left(), problem_.rate(c.middle()), tasks);
    interact_top(c.right(), tasks);
  }

  // Downwards: from the polynomials to the steps -------------------------------------------------------------------

  /// Chebyshev coefficients of the polynomial through a cluster's local values.
  std::array<double, max_order> local_series(const Cluster& c) {
    std::array<double, max_order> coefficient;
    kernels::transform(to_series_.data(), local_of(c), order_, coefficient.data());
    return coefficient;
  }

  void hand_to_children(const Cluster& c) {
    const auto coefficient = local_series(c);
    std::array<double, 2 * max_order> x;
    child_positions(c, x.data());
    kernels::add_chebyshev_series(coefficient.data(), order_, x.data(), 2 * order_, local_of(c.left()));
  }

  void push_down(const Cluster& c) {
    if (is_leaf(c)) {
      const auto coefficient = local_series(c);
      std::array<double, max_leaf> x;
      leaf_positions(c, x.data());
      kernels::add_chebyshev_series(coefficient.data(), order_, x.data(), c.size(), sums_.data() + c.begin);
      return;
    }
    hand_to_children(c);
    push_down(c.left());
    push_down(c.right());
  }

  void push_down_top(const Cluster& c) {
    if (c.level == task_level_) return;
    hand_to_children(c);
    push_down_top(c.left());
    push_down_top(c.right());
  }

  const CurveProblem& problem_;
  std::size_t order_;
  std::span<double> sums_;
  int levels_ = 0;
  int task_level_ = 0;
  std::array<double, max_order> node_{};
  // (2/order) T_j(node_i), half of it for j = 0: from moments j to charges i, from values i to coefficients j.
  std::array<double, max_order * max_order> to_charges_{};  // at j order + i
  std::array<double, max_order * max_order> to_series_{};   // at i order + j
  std::vector<double> width_;                               // distance from a cluster's first step to its last
  std::vector<double> source_;                              // equivalent charges, `order` a cluster
  std::vector<double> local_;                               // values of the far sources' sum at the nodes
};

}  // namespace

void add_cauchy_sums(const CurveProblem& problem, std::size_t order, int threads, std::span<double> sums) {
  CauchySum(problem, order, sums).run(threads);
}

}  // namespace scheduled
