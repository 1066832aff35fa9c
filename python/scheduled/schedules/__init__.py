"""The schedule classes of the paper's package, computed by the native core."""
