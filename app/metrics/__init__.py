"""What Prometheus sees: the contract's metrics, and ours beside them."""
