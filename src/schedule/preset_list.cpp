// The published schedules. Lengths are those of the source; where its program has a step more than it makes (a rate of
// 0 after the last one), so has the spec.
#include <array>

#include "scheduled/presets.hpp"

namespace scheduled {
namespace {

constexpr std::array list = {
    Preset{"smollm2-1.7b", "wsd(steps=5240001, warmup=2000, warmup_start=0, cooldown=524000, peak=5e-4)",
           "huggingface/smollm, text/pretraining/smollm2/config_smollm2_1B.yaml", ""},
    Preset{"smollm3-3b", "wsd(steps=4720002, warmup=2000, warmup_start=0, cooldown=522000, peak=2e-4)",
           "huggingface/smollm, text/pretraining/smollm3/stage3_9T_11T.yaml", ""},
    Preset{"nemotron-3-nano-30b",
           "wsd(steps=25Ttok, warmup=8.4Btok, cooldown=5Ttok, decay=cosine, final=1%, peak=1e-3, "
           "tokens_per_step=25165824)",
           "NVIDIA Nemotron, nano3/pretrain.md", "the cosine is said in words"},
    Preset{"nemotron-3-super-120b",
           "wsd(steps=992412, warmup=7949, warmup_start=0, cooldown=198682, decay=1-sqrt, final=1%, peak=4.5e-4)",
           "NVIDIA Nemotron, recipes/super3/stage0_pretrain/config/phase1.yaml", ""},
    Preset{"nemotron-3-ultra-550b",
           "wsd(steps=794729, warmup=7947, warmup_start=0, cooldown=198682, decay=1-sqrt, final=1%, peak=2.5e-4)",
           "NVIDIA Nemotron, recipes/ultra3, default.yaml", "the decay is taken to end with the run"},
    Preset{"deepseek-v2-lite",
           "piecewise(steps=5.7Ttok, warmup=2000, milestones=[80%, 90%], factors=[0.316, 0.099856], peak=4.2e-4, "
           "tokens_per_step=18874368)",
           "README of DeepSeek-V2-Lite, c85be81", ""},
    Preset{"deepseek-v3",
           "stages(peak=2.2e-4, warmup=2000, batch=[0:3072, 469Btok:15360 by 768], seq_length=4096, pieces=[hold until "
           "10Ttok, cosine to 10% over 4.3Ttok, hold over 333Btok, hold at 3.3181818181818183% over 167Btok])",
           "2412.19437", "the size of the batch's changes is not said, 768 is taken"},
    Preset{"kimi-k2",
           "stages(peak=2e-4, warmup=500, tokens_per_step=67M, pieces=[hold until 10Ttok, cosine to 10% over 5.5Ttok, "
           "linear to 3.5% over 460Btok])",
           "report on Kimi K2, p. 9", "the shape of the last piece is not said"},
    Preset{"olmo2-32b",
           "stages(peak=6e-4, tokens_per_step=8388608, after=cosine(steps=6.5Ttok, warmup=2000, final=10%), "
           "pieces=[linear over 100Btok])",
           "allenai/OLMo-core, official scripts of OLMo 2", ""},
    Preset{
        "olmo3-7b",
        "stages(peak=3e-4, warmup=2000, pieces=[cosine to 10% over 1190092 until 597046, half-cosine from 55% to 10% "
        "over 1071884 until 1413822, linear from 69.04117616786765% over 47683])",
        "allenai/OLMo-core, official scripts of OLMo 3", "without the stage of long contexts"},
    Preset{"apertus-8b",
           "wsd(steps=3662109375ex, warmup=4096000ex, warmup_start=0, cooldown=403905806ex, decay=1-sqrt, final=10%, "
           "peak=1.1e-4, batch=[0:1024, 1718272000ex:2048], seq_length=4096)",
           "swiss-ai/pretrain-code, pretraining/submit_apertus_8b.sh", ""},
    Preset{"apertus-70b",
           "wsd(steps=3662109375ex, warmup=4096000ex, warmup_start=0, cooldown=403905806ex, decay=1-sqrt, final=10%, "
           "peak=1e-5, batch=[0:2048, 1072164864ex:4096], seq_length=4096)",
           "swiss-ai/pretrain-code, pretraining/submit_apertus_70b.sh", ""},
    Preset{"llama-3.1-405b",
           "stages(peak=8e-5, warmup=8000, batch=[0:4M, 252Mtok:8M, 2.87Ttok:16M], seq_length=1, pieces=[cosine to "
           "1% over 1192k until 15.59996Ttok, linear over 40Mtok])",
           "2407.21783, section 3.4", "its batches are in tokens; 15.6T tokens end its cosine early"},
    Preset{"marin-8b",
           "stages(peak=1e-3, batch=[0:1024, 660001:3072, 11.1Ttok:4096], seq_length=4096, after=wsd-s(warmup=1000, "
           "results=[10k, 20k, 30k, 40k, 50k, 60k, 70k, 80k, 90k, 100k, 110k, 120k, 130k, 140k, 150k, 160k, 170k, "
           "180k, 190k, 200k], cooldown=1k, decay=inverse-proportional, final=10%), at=200k, pieces=[hold at 100% "
           "until 218k, inverse-proportional to 10% over 2k, hold at 100% until 238k, inverse-proportional to 10% "
           "over 2k, hold at 100% until 258k, inverse-proportional to 10% over 2k, hold at 100% until 278k, "
           "inverse-proportional to 10% over 2k, hold at 100% until 298k, inverse-proportional to 10% over 2k, hold "
           "at 100% until 318k, inverse-proportional to 10% over 2k, hold at 100% until 338k, inverse-proportional "
           "to 10% over 2k, hold at 100% until 358k, inverse-proportional to 10% over 2k, hold at 100% until 378k, "
           "inverse-proportional to 10% over 2k, hold at 100% until 398k, inverse-proportional to 10% over 2k, hold "
           "at 100% until 418k, inverse-proportional to 10% over 2k, hold at 100% until 438k, inverse-proportional "
           "to 10% over 2k, hold at 100% until 458k, inverse-proportional to 10% over 2k, hold at 100% until 478k, "
           "inverse-proportional to 10% over 2k, hold at 100% until 498k, inverse-proportional to 10% over 2k, hold "
           "at 100% until 518k, inverse-proportional to 10% over 2k, hold at 100% until 538k, inverse-proportional "
           "to 10% over 2k, hold at 100% until 558k, inverse-proportional to 10% over 2k, hold at 100% until 578k, "
           "inverse-proportional to 10% over 2k, hold at 100% until 598k, inverse-proportional to 10% over 2k, hold "
           "at 100% until 618k, inverse-proportional to 10% over 2k, hold at 100% until 638k, inverse-proportional "
           "to 10% over 2k, hold at 100% until 658k, inverse-proportional to 10% over 2k, hold at 170% until "
           "740500, linear to 17% over 79500, rewarm to 170% over 2k, hold until 11.1Ttok, linear to 1.7% over "
           "1.34Ttok])",
           "marin-community/marin, marin-8b-retro.md and experiment 600",
           "the rate at the end of its first cooldowns is not said, Levanter's default is taken"},
    Preset{"marin-32b", "wsd(steps=192k, warmup=1%, cooldown=32k, peak=7e-4)",
           "marin-community/marin, marin-32b-retro.md", "the rate at the end is not said, 0 is taken"},
    Preset{"modded-nanogpt",
           "stages(peak=1, batch=[0:64, 423:128, 847:192], seq_length=2048, pieces=[hold until 423, hold at 152% until "
           "509, linear to 15% over 762 until 847, linear from 102.91601049868765% to 15% over 424, hold over 14])",
           "KellerJordan/modded-nanogpt, 1270 + 15 steps", "a factor on the rates of its optimizers"},
    Preset{"delphi", "wsd(warmup=10%, cooldown=20%)", "marin-community/delphi cards", "only the shape: give steps",
           true},
    Preset{"nanochat", "wsd(warmup=40, cooldown=65%, final=5%)", "karpathy/nanochat, base_train",
           "only the shape of the rate: give steps", true},
};

}  // namespace

std::span<const Preset> presets() noexcept { return list; }

}  // namespace scheduled
