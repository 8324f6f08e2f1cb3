"""The benchmark programs; ``python -m bench`` runs them against a demo of their own."""

NOTHING_TRAINED = 3  # how bench.heard ends where no model is there
