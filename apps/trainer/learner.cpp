// The transformer in LibTorch's operations, with its autograd.
#include "trainer/learner.hpp"

#include "base/error.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace scheduled::trainer {

using at::Tensor;

namespace {

/// For this process. at::set_num_threads does not reach an OpenBLAS with threads of its own, as Debian's.
void set_threads(int count) {
  at::set_num_threads(count);
  using SetThreads = void (*)(int);
  const auto set = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));  // NOLINT
  if (set != nullptr) set(count);
  // Buffers of an update are the same size each time: keep them instead of giving the pages back and zeroing new ones.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

at::Device device_of(const std::string& name) {
  const at::Device device(name);
  const auto there = static_cast<int>(torch::cuda::device_count());
  const int wanted = device.has_index() ? device.index() : 0;
  if (device.is_cuda() && wanted >= there) {
    fail_value("device", name, "there are " + std::to_string(there) + " CUDA devices for this LibTorch; use cpu");
  }
  return device;
}

struct Layer {
  Tensor attention_norm, qkv, out, mlp_norm, gate_up, down;
};

class TorchLearner : public Learner {
 public:
  explicit TorchLearner(const LearnerConfig& settings);
  void load(const Weights& weights) override;
  Weights save() const override;
  Update update(std::span<const std::uint8_t> windows, double lr, std::int64_t number) override;
  double total_loss(std::span<const std::uint8_t> windows) override;

 private:
  Tensor tensor(const std::string& name) const;
  Tensor logits(const Tensor& tokens) const;
  Tensor attention(const Tensor& x, const Layer& layer, std::int64_t batch) const;
  Tensor norm(const Tensor& x, const Tensor& gain) const;
  std::pair<Tensor, Tensor> tokens_of(std::span<const std::uint8_t> windows) const;
  void clip(double grad_norm);
  void step(double lr, std::int64_t number);

  LearnerConfig config;
  Layout layout;
  at::Device device;
  Tensor flat, grad, first, second, scratch;  // [total]
  std::vector<Tensor> parameters;             // views of flat, their gradients views of grad
  Tensor embedding, last_norm, head;
  std::vector<Layer> layers;
  Tensor rotary;  // [context, 1, 1, head width / 2], complex
  Tensor mask;    // [context, context]: 0, or -inf above the diagonal
};

TorchLearner::TorchLearner(const LearnerConfig& settings)
    : config(settings), layout(layout_of(settings.model)), device(device_of(settings.device)) {
  set_threads(config.threads);
  const auto on_device = at::TensorOptions().dtype(config.double_precision ? at::kDouble : at::kFloat).device(device);
  for (Tensor* buffer : {&flat, &grad, &first, &second, &scratch}) *buffer = at::zeros({layout.total}, on_device);
  for (const TensorPlace& place : layout.tensors) {
    Tensor parameter = flat.narrow(0, place.offset, place.count).view(place.shape).detach();
    parameter.requires_grad_(true);
    parameter.mutable_grad() = grad.narrow(0, place.offset, place.count).view(place.shape);
    parameters.push_back(parameter);
  }
  embedding = tensor("embedding");
  last_norm = tensor("norm");
  head = tensor("head");
  for (std::int64_t k = 0; k < config.model.layers; ++k) {
    const std::string prefix = "layers." + std::to_string(k) + ".";
    layers.push_back({tensor(prefix + "attention.norm"), tensor(prefix + "attention.qkv"),
                      tensor(prefix + "attention.out"), tensor(prefix + "mlp.norm"), tensor(prefix + "mlp.gate_up"),
                      tensor(prefix + "mlp.down")});
  }
  const std::int64_t context = config.model.context;
  const std::int64_t half = config.model.width / config.model.heads / 2;
  const auto exact = at::TensorOptions().dtype(at::kDouble);
  const Tensor frequency = at::pow(rotary_base, at::arange(half, exact) / -static_cast<double>(half));
  const Tensor angle = at::arange(context, exact).unsqueeze(1) * frequency;
  rotary = at::view_as_complex(at::stack({angle.cos(), angle.sin()}, -1).to(on_device.dtype()))
               .view({context, 1, 1, half})
               .to(device);
  mask = at::full({context, context}, -INFINITY, on_device).triu(1);
}

Tensor TorchLearner::tensor(const std::string& name) const {
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (layout.tensors[k].name == name) return parameters[k];
  }
  throw std::logic_error("no tensor " + name);
}

Tensor TorchLearner::norm(const Tensor& x, const Tensor& gain) const {
  return x * at::rsqrt(at::mean(x * x, -1, true) + norm_epsilon) * gain;
}

Tensor TorchLearner::attention(const Tensor& x, const Layer& layer, std::int64_t batch) const {
  const std::int64_t context = config.model.context;
  const std::int64_t heads = config.model.heads;
  const std::int64_t width = config.model.width / heads;
  const Tensor qkv = at::linear(x, layer.qkv).view({batch, context, 3, heads, width});
  const Tensor pairs = qkv.narrow(2, 0, 2).reshape({batch, context, 2, heads, width / 2, 2});
  const Tensor turned = at::view_as_real(at::view_as_complex(pairs) * rotary).flatten(-2);
  const auto sequences = [&](const Tensor& part) {
    return part.transpose(1, 2).reshape({batch * heads, context, width});
  };
  const Tensor q = sequences(turned.select(2, 0));
  const Tensor k = sequences(turned.select(2, 1));
  const Tensor v = sequences(qkv.select(2, 2));
  const Tensor scores = at::baddbmm(mask, q, k.transpose(1, 2), 1.0, 1.0 / std::sqrt(static_cast<double>(width)));
  const Tensor mixed = at::bmm(at::softmax(scores, -1), v);
  return mixed.view({batch, heads, context, width}).transpose(1, 2).reshape({batch * context, heads * width});
}

Tensor TorchLearner::logits(const Tensor& tokens) const {
  const std::int64_t batch = tokens.size(0) / config.model.context;
  Tensor x = at::embedding(embedding, tokens);
  for (const Layer& layer : layers) {
    x = at::addmm(x, attention(norm(x, layer.attention_norm), layer, batch), layer.out.t());
    const std::vector<Tensor> parts = at::linear(norm(x, layer.mlp_norm), layer.gate_up).chunk(2, -1);
    x = at::addmm(x, at::silu(parts[0]) * parts[1], layer.down.t());
  }
  return at::linear(norm(x, last_norm), head);
}

/// Inputs and targets, one after the other.
std::pair<Tensor, Tensor> TorchLearner::tokens_of(std::span<const std::uint8_t> windows) const {
  const std::int64_t length = config.model.context + 1;
  const std::int64_t batch = static_cast<std::int64_t>(windows.size()) / length;
  Tensor all = at::empty({batch, length}, at::kLong);
  std::copy(windows.begin(), windows.end(), all.data_ptr<std::int64_t>());
  all = all.to(device);
  return {all.narrow(1, 0, length - 1).reshape({-1}), all.narrow(1, 1, length - 1).reshape({-1})};
}

void TorchLearner::clip(double grad_norm) {
  if (grad_norm > config.clip) grad.mul_(config.clip / grad_norm);
}

void TorchLearner::step(double lr, std::int64_t number) {
  const auto t = static_cast<double>(number);
  const double correction1 = 1.0 - std::pow(adam::beta1, t);
  const double correction2 = 1.0 - std::pow(adam::beta2, t);
  first.lerp_(grad, 1.0 - adam::beta1);
  second.mul_(adam::beta2).addcmul_(grad, grad, 1.0 - adam::beta2);
  at::sqrt_out(scratch, second);
  scratch.mul_(1.0 / std::sqrt(correction2)).add_(adam::epsilon);
  flat.narrow(0, 0, layout.matrices).mul_(1.0 - lr * config.weight_decay);
  flat.addcdiv_(first, scratch, -lr / correction1);
}

void TorchLearner::load(const Weights& weights) {
  const c10::NoGradGuard no_grad;
  const auto copy = [&](const std::vector<float>& from, Tensor& to) {
    if (static_cast<std::int64_t>(from.size()) != layout.total) throw std::logic_error("weights: wrong size");
    to.copy_(at::from_blob(const_cast<float*>(from.data()), {layout.total}, at::kFloat));  // NOLINT: only read
  };
  copy(weights.values, flat);
  copy(weights.first, first);
  copy(weights.second, second);
}

Weights TorchLearner::save() const {
  const auto copy = [&](const Tensor& from) {
    const Tensor there = from.to(at::kCPU, at::kFloat).contiguous();
    const float* const begin = there.data_ptr<float>();
    return std::vector<float>(begin, begin + there.numel());
  };
  return {copy(flat), copy(first), copy(second)};
}

Update TorchLearner::update(std::span<const std::uint8_t> windows, double lr, std::int64_t number) {
  const auto [inputs, targets] = tokens_of(windows);
  grad.zero_();
  const Tensor loss = at::cross_entropy_loss(logits(inputs), targets);
  loss.backward();
  const c10::NoGradGuard no_grad;
  Update out;
  out.grad_norm = at::norm(grad, 2, at::kDouble).item<double>();
  if (config.grad_norm_l1) out.grad_norm_l1 = grad.abs().sum(at::kDouble).item<double>();
  out.loss = loss.item<double>();
  clip(out.grad_norm);
  step(lr, number);
  return out;
}

double TorchLearner::total_loss(std::span<const std::uint8_t> windows) {
  const c10::NoGradGuard no_grad;
  const auto [inputs, targets] = tokens_of(windows);
  return at::cross_entropy_loss(logits(inputs), targets, {}, at::Reduction::Sum).item<double>();
}

}  // namespace

std::unique_ptr<Learner> make_learner(const LearnerConfig& config) { return std::make_unique<TorchLearner>(config); }

std::string torch_version() { return "LibTorch " TORCH_VERSION; }

}  // namespace scheduled::trainer
