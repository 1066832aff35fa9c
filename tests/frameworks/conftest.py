"""Two devices for JAX on the CPU; it must be said before JAX is imported."""

import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
