// Replays the seeds of the trainer's fuzz targets with any compiler; safetensors_test.cpp has those of its reader.
#include <gtest/gtest.h>

#include "fuzz/replay.hpp"
#include "fuzz/trainer_targets.hpp"

namespace scheduled::trainer {
namespace {

TEST(FuzzCorpus, TrainConfig) { fuzz::replay("train_config", fuzz::train_config); }
TEST(FuzzCorpus, Checkpoint) { fuzz::replay("checkpoint", fuzz::checkpoint); }

}  // namespace
}  // namespace scheduled::trainer
