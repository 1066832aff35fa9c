total = int(0.5 * 10_000)
module = TransformerTrainModuleConfig(optim=AdamWConfig(lr=6e-4), scheduler=WSD(warmup_steps=max(20, 5), decay_fraction=0.1))
trainer = TrainerConfig(max_duration=Duration.steps(total))
