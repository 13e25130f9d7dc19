"""What `scripts/bench` measures with: a load generator, the servers it asks, raw commits."""
