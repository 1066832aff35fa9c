config.lr = 2 * 1e-3
config.total_steps = 50
config.schedule = dict(decay_type='stair', steps=[5], mults=[.1])
